package runtime

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/secret"
)

// WorkflowInfo tells what a workflow is and needs. Credentials, servers, hosts
// and files are those of all that a run of it may execute: its own steps and
// the workflows that it depends on, calls or hands over to.
type WorkflowInfo struct {
	ID          string       `json:"workflowId"`
	Summary     string       `json:"summary,omitempty"`
	Description string       `json:"description,omitempty"`
	Inputs      []InputInfo  `json:"inputs,omitempty"`
	Credentials []Credential `json:"credentials,omitempty"`
	Servers     []Server     `json:"servers,omitempty"`
	Hosts       []string     `json:"hosts,omitempty"` // that requests go to by the servers' defaults, with their ports
	Files       []string     `json:"files,omitempty"` // that bodies send: a path, or the expression that gives it
	Steps       []StepInfo   `json:"steps"`
	Outputs     []string     `json:"outputs,omitempty"`
}

// InputInfo tells of an input.
type InputInfo struct {
	Name        string `json:"name"`
	Type        string `json:"type,omitempty"` // the JSON Schema type, several joined by "|"; "" when open
	Required    bool   `json:"required"`
	Default     any    `json:"default,omitempty"` // meaningful when HasDefault is set
	HasDefault  bool   `json:"hasDefault"`
	Description string `json:"description,omitempty"`
	Secret      bool   `json:"secret"` // its format is password, or it flows into a credential
}

// StepInfo tells of a step.
type StepInfo struct {
	ID          string `json:"stepId"`
	Operation   string `json:"operation,omitempty"` // "GET /pets/{id}", or the called workflow
	Source      string `json:"source,omitempty"`    // name of the source description; "" for a called workflow
	Description string `json:"description,omitempty"`
}

// A Credential is what a security scheme of an operation asks for.
type Credential struct {
	Source    string `json:"source"`         // name of the source description
	Scheme    string `json:"scheme"`         // name of the security scheme
	Type      string `json:"type"`           // apiKey, http, oauth2, openIdConnect, mutualTLS
	In        string `json:"in,omitempty"`   // where it goes: header, query, cookie
	Name      string `json:"name,omitempty"` // of the header, query parameter or cookie
	SetByStep bool   `json:"setByStep"`      // every step that needs it sets it as a parameter
	Optional  bool   `json:"optional"`       // every operation that takes it can do without: by another scheme, or by none
}

// A Server is a place that requests go to, as its description says.
type Server struct {
	Source    string           `json:"source"` // name of the source description
	URL       string           `json:"url"`    // may have {variables}
	Variables []ServerVariable `json:"variables,omitempty"`
}

// A ServerVariable is a variable of a server's URL (Settings.ServerVariables).
type ServerVariable struct {
	Name        string   `json:"name"`
	Default     string   `json:"default"`
	Enum        []string `json:"enum,omitempty"`
	Description string   `json:"description,omitempty"`
}

// Workflows describes the entry document's workflows, in its order.
func (p *Program) Workflows() []WorkflowInfo {
	var list []WorkflowInfo
	for _, id := range p.WorkflowIDs() {
		w := p.linked.documents[0].workflows[id]
		info := WorkflowInfo{ID: id, Summary: w.decl.Summary, Description: w.decl.Description, Inputs: inputInfos(w)}
		for _, s := range w.steps {
			step := StepInfo{ID: s.id, Operation: s.label, Description: s.decl.Description}
			if s.source != nil {
				step.Source = s.source.name
			}
			info.Steps = append(info.Steps, step)
		}
		for _, o := range w.outputs {
			info.Outputs = append(info.Outputs, o.name)
		}
		eachStep(w, map[int]bool{}, func(s *step) {
			if s.operation == nil {
				return
			}
			info.credentials(s)
			info.server(s)
			if s.body != nil {
				info.filesOf(s.body)
			}
		})
		list = append(list, info)
	}
	return list
}

// inputs describes the declared properties.
func inputInfos(w *workflow) []InputInfo {
	s := w.schema
	if s == nil {
		return nil
	}
	var list []InputInfo
	for _, name := range s.names {
		n := s.property(name)
		info := InputInfo{Name: name, Description: s.find(n, "description").Str(), Required: s.requires(name), Secret: w.isSecret(name)}
		if t := s.find(n, "type"); t != nil {
			info.Type = t.Text
			for _, item := range t.Items {
				info.Type = strings.TrimPrefix(info.Type+"|"+item.Text, "|")
			}
		}
		if d := s.find(n, "default"); d != nil {
			info.Default, info.HasDefault = d.Value(), true
		}
		list = append(list, info)
	}
	return list
}

// eachStep visits the steps that a run of a workflow may execute: its own, and
// those of the workflows that it depends on, calls or hands over to.
func eachStep(w *workflow, seen map[int]bool, visit func(*step)) {
	if seen[w.index] {
		return
	}
	seen[w.index] = true
	for _, before := range w.dependsOn {
		eachStep(before, seen, visit)
	}
	for _, s := range w.steps {
		visit(s)
		if s.called != nil {
			eachStep(s.called, seen, visit)
		}
		for _, a := range slices.Concat(s.onSuccess, s.onFailure) {
			if a.workflow != nil {
				eachStep(a.workflow, seen, visit)
			}
		}
	}
}

// credentials adds what the operation of a step asks for.
func (info *WorkflowInfo) credentials(s *step) {
	for _, alternative := range s.operation.Security {
		for _, scheme := range alternative {
			c := Credential{Source: s.source.name, Scheme: scheme.Name, Type: scheme.Type, In: scheme.In, Name: scheme.ParamName}
			c.SetByStep = slices.ContainsFunc(s.arguments, func(a argument) bool {
				return a.in == c.In && strings.EqualFold(a.name, c.Name)
			})
			c.Optional = slices.ContainsFunc(s.operation.Security, func(other []openapi.SecurityRequirement) bool {
				return !slices.ContainsFunc(other, func(r openapi.SecurityRequirement) bool { return r.Name == scheme.Name })
			})
			info.addCredential(c)
		}
	}
}

func (info *WorkflowInfo) addCredential(c Credential) {
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
func (info *WorkflowInfo) server(s *step) {
	if len(s.operation.Servers) == 0 {
		return
	}
	used := s.operation.Servers[0]
	server := Server{Source: s.source.name, URL: secret.Userinfo(used.URL)}
	if slices.ContainsFunc(info.Servers, func(known Server) bool { return known.Source == server.Source && known.URL == server.URL }) {
		return
	}
	for _, v := range used.Variables {
		server.Variables = append(server.Variables, ServerVariable{Name: v.Name, Default: v.Default, Enum: v.Enum, Description: v.Description})
	}
	info.Servers = append(info.Servers, server)
	resolved, err := used.Resolve(nil)
	if err != nil {
		return
	}
	if u, err := url.Parse(resolved); err == nil && u.Host != "" && !slices.Contains(info.Hosts, u.Host) {
		info.Hosts = append(info.Hosts, u.Host)
	}
}

// filesOf adds the files that a body names as {file: path} (O9), in the places
// where a run looks for them.
func (info *WorkflowInfo) filesOf(b *body) {
	switch {
	case strings.HasPrefix(strings.ToLower(b.contentType), "multipart/"):
		if b.payload.isArray() {
			return
		}
		for _, part := range b.payload.parts() {
			info.file(&part)
			if !part.isArray() {
				continue
			}
			for _, item := range part.parts() {
				info.file(&item)
			}
		}
	case !openapi.IsJSON(b.contentType) && !openapi.IsForm(b.contentType):
		info.file(&b.payload)
	}
}

// file adds the file of an object that is {file: path}.
func (info *WorkflowInfo) file(o *operand) {
	name, ok := fileName(o.constant)
	if !ok && o.kind == objectOperand && len(o.names) == 1 && o.names[0] == "file" {
		switch item := &o.items[0]; item.kind {
		case refOperand:
			name = item.ref.text
		case templateOperand:
			for _, part := range item.template.parsed.Parts {
				if part.Expr != nil {
					name += "{" + part.Expr.Text + "}"
				}
				name += part.Literal
			}
		}
	}
	if name != "" && !slices.Contains(info.Files, name) {
		info.Files = append(info.Files, name)
	}
}
