package runtime

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/eval"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/secret"
)

// WorkflowInfo describes a workflow and what it needs. Credentials, servers, hosts
// and files are those of all that a run of it may execute: its own steps and the
// workflows that it depends on, calls or hands over to.
type WorkflowInfo struct {
	ID          string           `json:"workflowId"`
	Summary     string           `json:"summary,omitempty"`
	Description string           `json:"description,omitempty"`
	Inputs      []InputInfo      `json:"inputs,omitempty"`
	DependsOn   []DependencyInfo `json:"dependsOn,omitempty"`
	Credentials []CredentialInfo `json:"credentials,omitempty"`
	Servers     []Server         `json:"servers,omitempty"`
	Hosts       []string         `json:"hosts,omitempty"` // of the servers with the defaults of their variables, with their ports
	Files       []string         `json:"files,omitempty"` // that bodies send: paths, or expressions for them
	Steps       []StepInfo       `json:"steps"`
	Outputs     []string         `json:"outputs,omitempty"`
	Errors      []Diagnostic     `json:"errors,omitempty"` // that keep it from being run
}

// InputInfo describes an input of a workflow.
type InputInfo struct {
	Name        string `json:"name"`
	Type        string `json:"type,omitempty"` // the JSON Schema type, several joined by "|"; "" if not declared
	Required    bool   `json:"required"`
	Default     any    `json:"default,omitempty"` // meaningful when HasDefault is set
	HasDefault  bool   `json:"hasDefault"`
	Description string `json:"description,omitempty"`
	Secret      bool   `json:"secret"` // its format is password, or it flows into a credential
}

// DependencyInfo describes a workflow that a run executes because others depend on it
// (F16). Its inputs are those of the same names, or [Settings].DependencyInputs.
type DependencyInfo struct {
	ID     string      `json:"workflowId"`
	Inputs []InputInfo `json:"inputs,omitempty"`
}

// StepInfo describes a step.
type StepInfo struct {
	ID          string `json:"stepId"`
	Operation   string `json:"operation,omitempty"` // "GET /pets/{id}", or the called workflow
	Source      string `json:"source,omitempty"`    // name of the source description; "" for a called workflow
	Description string `json:"description,omitempty"`
}

// CredentialInfo describes the credential that a security scheme asks for (O12).
type CredentialInfo struct {
	Source    string `json:"source"`           // name of the source description
	Scheme    string `json:"scheme"`           // name of the security scheme
	Type      string `json:"type"`             // apiKey, http, oauth2, openIdConnect, mutualTLS
	In        string `json:"in,omitempty"`     // where it goes: header, query, cookie
	Name      string `json:"name,omitempty"`   // of the header, query parameter or cookie
	SetByStep bool   `json:"setByStep"`        // every step that needs it sets it as a parameter
	Shared    bool   `json:"shared,omitempty"` // several sources are asked for a scheme of this name: see [StaticCredentials]
	Optional  bool   `json:"optional"`         // every operation that accepts it also accepts another scheme, or none
}

// Workflows returns descriptions of the entry document's workflows, in its order.
func (p *Program) Workflows() []WorkflowInfo {
	var list []WorkflowInfo
	for _, id := range p.WorkflowIDs() {
		w := p.linked.Documents[0].Workflows[id]
		info := WorkflowInfo{ID: id, Summary: w.Decl.Summary, Description: w.Decl.Description, Inputs: inputInfos(w),
			Errors: p.linked.Refusal(w)}
		for _, before := range w.Dependencies() {
			info.DependsOn = append(info.DependsOn, DependencyInfo{before.ID, inputInfos(before)})
		}
		for _, s := range w.Steps {
			step := StepInfo{ID: s.ID, Operation: s.Label, Description: s.Decl.Description}
			if s.Source != nil {
				step.Source = s.Source.Qualified
			}
			info.Steps = append(info.Steps, step)
		}
		for _, o := range w.Outputs {
			info.Outputs = append(info.Outputs, o.Name)
		}
		w.EachReachable(func(s *program.Step) {
			if s.Operation == nil {
				return
			}
			info.credentials(s, p.security[s].requirements)
			info.server(s)
			if s.Body != nil {
				for _, name := range eval.FilesOf(s.Body) {
					if !slices.Contains(info.Files, name) {
						info.Files = append(info.Files, name)
					}
				}
			}
		})
		list = append(list, info)
	}
	return list
}

// inputInfos describes the declared properties.
func inputInfos(w *program.Workflow) []InputInfo {
	var list []InputInfo
	for i := range w.Inputs {
		in := &w.Inputs[i]
		info := InputInfo{Name: in.Name, Description: in.Find("description").Str(), Required: in.Required, Secret: in.Secret}
		if t := in.Find("type"); t != nil {
			info.Type = t.Text
			for _, item := range t.Items {
				info.Type = strings.TrimPrefix(info.Type+"|"+item.Text, "|")
			}
		}
		if d := in.Find("default"); d != nil {
			info.Default, info.HasDefault = d.Value(), true
		}
		list = append(list, info)
	}
	return list
}

// credentials adds what the operation of a step asks for.
func (info *WorkflowInfo) credentials(s *program.Step, asked [][]SecurityRequirement) {
	for i, alternative := range s.Operation.Security {
		for j, scheme := range alternative {
			c := CredentialInfo{Source: s.Source.Qualified, Scheme: scheme.Name, Type: scheme.Type, In: scheme.In, Name: scheme.ParamName}
			c.SetByStep, c.Shared = s.Sets(scheme), asked[i][j].Shared
			c.Optional = slices.ContainsFunc(s.Operation.Security, func(other []openapi.SecurityRequirement) bool {
				return !slices.ContainsFunc(other, func(r openapi.SecurityRequirement) bool { return r.Name == scheme.Name })
			})
			info.addCredential(c)
		}
	}
}

func (info *WorkflowInfo) addCredential(c CredentialInfo) {
	for i := range info.Credentials {
		known := &info.Credentials[i]
		if known.Source == c.Source && known.Scheme == c.Scheme {
			known.SetByStep = known.SetByStep && c.SetByStep
			known.Optional = known.Optional && c.Optional
			return
		}
	}
	info.Credentials = append(info.Credentials, c)
}

// server adds the server that a step sends to (O11), and its host.
func (info *WorkflowInfo) server(s *program.Step) {
	server := serverOf(s)
	resolved, err := server.Resolve(nil)
	server.URL = secret.Userinfo(server.URL)
	if slices.ContainsFunc(info.Servers, func(known Server) bool { return known.Source == server.Source && known.URL == server.URL }) {
		return
	}
	info.Servers = append(info.Servers, server)
	if err != nil {
		return
	}
	if u, err := url.Parse(resolved); err == nil && u.Host != "" && !slices.Contains(info.Hosts, u.Host) {
		info.Hosts = append(info.Hosts, u.Host)
	}
}

// InputSchema returns the JSON Schema (2020-12) of a workflow's inputs as a JSON
// value, nil when the workflow declares none; ok is false when there is no such
// workflow. The schema is complete: what it refers to elsewhere in the document
// is included in its $defs, every reference in it is a JSON Pointer into
// itself, and $id, $anchor and $schema, which would change what those mean, are
// left out.
func (p *Program) InputSchema(workflowID string) (schema any, ok bool) {
	w, ok := p.linked.Documents[0].Workflows[workflowID]
	if !ok || w.Schema == nil {
		return nil, ok
	}
	return w.Schema.Value(), true
}
