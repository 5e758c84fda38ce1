package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
)

// requests are the flags of a run that determine what is sent, and what counts
// as a success.
type requests struct {
	credentials
	variables []string
	files     string
	success   string
	actions   string
	maxBody   int64
}

func (r *requests) flags(c *cobra.Command) {
	r.credentials.flags(c)
	f := c.Flags()
	f.StringArrayVar(&r.variables, "server-variable", nil, "`NAME=VALUE` of a variable in server URLs, or SOURCE.NAME, instead of its default")
	f.StringVar(&r.files, "files", "", "`DIR` from which request bodies may read files ({file: path}); by default they cannot")
	f.StringVar(&r.success, "success", "below400",
		"`below400|any|documented`: the status codes with which a step without success criteria succeeds")
	f.StringVar(&r.actions, "actions", "merge",
		"`merge|override`: whether a step's actions are merged with those of its workflow or override them")
	f.Int64Var(&r.maxBody, "max-body", 0, "fail a step whose response body is larger than `BYTES` (default 64 MiB)")
}

var successRules = map[string]runtime.SuccessRule{
	"below400": runtime.SuccessBelow400, "any": runtime.SuccessAny, "documented": runtime.SuccessDocumented,
}

// compiler applies the flags for compiling a document. It opens the folder of
// files; no link leads out of it.
func (r *requests) compiler(c *runtime.Compiler) error {
	if r.actions != "merge" && r.actions != "override" {
		return fmt.Errorf("--actions %s: must be merge or override", r.actions)
	}
	c.OverrideActions = r.actions == "override"
	if r.files == "" {
		return nil
	}
	if !isFolder(r.files) { // a pipe would wait to be opened
		return fmt.Errorf("--files: %s is not a folder", r.files)
	}
	root, err := os.OpenRoot(r.files)
	if err != nil {
		return fmt.Errorf("--files: %w", err)
	}
	c.Files = root.FS()
	return nil
}

// driver applies the flags for running workflows.
func (r *requests) driver(d *runtime.Driver, infos []runtime.WorkflowInfo, read reader) error {
	rule, ok := successRules[r.success]
	if !ok {
		return fmt.Errorf("--success %s: must be below400, any or documented", r.success)
	}
	d.Success, d.ServerVariables = rule, map[string]string{}
	for _, text := range r.variables {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return fmt.Errorf("--server-variable %s: write NAME=VALUE", text)
		}
		if known := variableNames(infos); !slices.Contains(known, name) {
			return fmt.Errorf("--server-variable %s: no server that requests go to has a variable of this name%s", name, hint(name, known))
		}
		d.ServerVariables[name] = value
	}
	credentials, err := r.credentials.read(infos, read)
	if err != nil {
		return err
	}
	credentials.Client = d.Client
	d.Credentials = credentials
	return nil
}

// requestSources returns the names of the sources that the requests of workflows go
// to, those of documents that they call included: "menu.api".
func requestSources(infos []runtime.WorkflowInfo) (names []string) {
	for _, w := range infos {
		for _, s := range w.Servers {
			if !slices.Contains(names, s.Source) {
				names = append(names, s.Source)
			}
		}
	}
	return names
}

// variableNames returns the names under which variables of servers can be given.
func variableNames(infos []runtime.WorkflowInfo) (names []string) {
	for _, w := range infos {
		for _, s := range w.Servers {
			for _, v := range s.Variables {
				if !s.Called { // others need the longer name
					names = append(names, v.Name)
				}
				names = append(names, s.Source+"."+v.Name)
			}
		}
	}
	return names
}

// schemes returns the names under which credentials can be given.
func schemes(infos []runtime.WorkflowInfo) (names []string) {
	for _, w := range infos {
		for _, c := range w.Credentials {
			if !strings.Contains(c.Source, ".") && !c.Shared { // others need the longer name
				names = append(names, c.Scheme)
			}
			names = append(names, c.Source+"."+c.Scheme)
		}
	}
	return names
}

// sharing returns the longer names for the name of a scheme that several sources have.
func sharing(infos []runtime.WorkflowInfo, scheme string) (names []string) {
	for _, w := range infos {
		for _, c := range w.Credentials {
			if long := c.Source + "." + c.Scheme; c.Scheme == scheme && c.Shared && !slices.Contains(names, long) {
				names = append(names, long)
			}
		}
	}
	return names
}
