package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/runtime"
)

// chooser holds the flags that choose workflows.
type chooser struct {
	all  bool
	only []string
	skip []string
}

// selected is the workflows of a document that are to be run, in this order.
type selected struct {
	file      check.File
	program   *runtime.Program
	err       error // why it cannot be run
	workflows []job
	driver    runtime.Driver // without its listener
}

// job is a workflow that is to be run.
type job struct {
	runtime.WorkflowInfo
	inputs     runtime.Inputs
	dependency map[string]runtime.Inputs // of workflows that it depends on, by id
}

// several reports whether the command line asks for any number of workflows, not for
// one.
func (s *chooser) several(document string) bool {
	return s.all || len(s.only) > 0 || len(s.skip) > 0 || isFolder(document)
}

// documents returns the documents that a name stands for.
func (s *chooser) documents(name string) ([]check.File, error) {
	if name == stdinName {
		return []check.File{{Path: stdinName}}, nil
	}
	files, err := find(name)
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s is a folder without an Arazzo document", name)
	}
	return files, err
}

// choose selects the workflows to run of each document. One may be named by an
// argument.
func (s *chooser) choose(documents []selected, named string, several bool) error {
	var ids []string
	for _, d := range documents {
		ids = append(ids, d.program.WorkflowIDs()...)
	}
	if several && named != "" {
		return fmt.Errorf("%q is named as the workflow to run, where --all, --workflow, --skip or a folder chooses; write --workflow %[1]s",
			named)
	}
	if !several && named == "" {
		if len(ids) != 1 {
			return fmt.Errorf("the document has several workflows; name one (%s), or use --all", listed(ids))
		}
		named = ids[0]
	}
	only := s.only
	if named != "" {
		only = []string{named}
	}
	for _, id := range slices.Concat(only, s.skip) {
		if !slices.Contains(ids, id) {
			return fmt.Errorf("unknown workflow %q%s", id, hint(id, ids))
		}
	}
	some := false
	for i := range documents {
		d := &documents[i]
		for _, info := range d.program.Workflows() {
			if (len(only) == 0 || slices.Contains(only, info.ID)) && !slices.Contains(s.skip, info.ID) {
				d.workflows = append(d.workflows, job{WorkflowInfo: info})
				some = true
			}
		}
		if !several && len(d.workflows) > 0 && len(d.workflows[0].Errors) > 0 {
			d.err = &runtime.CompileError{Diagnostics: d.workflows[0].Errors}
			return d.err
		}
		d.workflows = dependenciesFirst(d.workflows)
	}
	if !some {
		return errors.New("--skip leaves no workflow to run")
	}
	return nil
}

// dependenciesFirst sorts workflows: those that others depend on come before them;
// else the order is kept.
func dependenciesFirst(jobs []job) []job {
	var sorted []job
	done := map[string]bool{}
	var add func(j job)
	add = func(j job) {
		if done[j.ID] {
			return
		}
		done[j.ID] = true
		for _, before := range j.DependsOn {
			if i := slices.IndexFunc(jobs, func(other job) bool { return other.ID == before.ID }); i >= 0 {
				add(jobs[i])
			}
		}
		sorted = append(sorted, j)
	}
	for _, j := range jobs {
		add(j)
	}
	return sorted
}

// infos returns what is known of the selected workflows.
func infos(selection []selected) (list []runtime.WorkflowInfo) {
	for _, s := range selection {
		for _, j := range s.workflows {
			list = append(list, j.WorkflowInfo)
		}
	}
	return list
}
