package runtime

import (
	"slices"
	"strings"
)

// WorkflowInfo tells what a workflow is and needs.
type WorkflowInfo struct {
	ID, Summary, Description string
	Inputs                   []InputInfo
	Steps                    []StepInfo
	Credentials              []Credential // of its operations and those of the workflows that it calls
	Outputs                  []string
}

// InputInfo tells of an input.
type InputInfo struct {
	Name        string
	Type        string // the JSON Schema type, several joined by "|"; "" when open
	Required    bool
	Default     any // meaningful when HasDefault is set
	HasDefault  bool
	Description string
	Secret      bool // its format is password, or it flows into a credential
}

// StepInfo tells of a step.
type StepInfo struct {
	ID          string
	Operation   string // "GET /pets/{id}", or the called workflow
	Source      string // name of the source description; "" for a called workflow
	Description string
}

// A Credential is what a security scheme of an operation asks for.
type Credential struct {
	Source    string // name of the source description
	Scheme    string // name of the security scheme
	Type      string // apiKey, http, oauth2, openIdConnect, mutualTLS
	In        string // where it goes: header, query, cookie
	Name      string // of the header, query parameter or cookie
	SetByStep bool   // every step that needs it sets it as a parameter
}

// Workflows describes the entry document's workflows, in its order.
func (p *Program) Workflows() []WorkflowInfo {
	var list []WorkflowInfo
	for _, id := range p.WorkflowIDs() {
		w := p.workflows[p.byID[id]]
		info := WorkflowInfo{ID: id, Summary: w.decl.Summary, Description: w.decl.Description, Inputs: w.inputs()}
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
		p.credentials(w, map[int]bool{}, &info.Credentials)
		list = append(list, info)
	}
	return list
}

// inputs describes the declared properties.
func (w *workflow) inputs() []InputInfo {
	s := w.schema
	if s == nil {
		return nil
	}
	var list []InputInfo
	for _, name := range s.names {
		n := s.property(name)
		info := InputInfo{Name: name, Description: s.find(n, "description").Str(), Required: s.requires(name), Secret: slices.Contains(w.secrets, name)}
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

// credentials gathers what the operations of a workflow, and of those that it
// calls, need.
func (p *Program) credentials(w *workflow, seen map[int]bool, into *[]Credential) {
	if seen[w.index] {
		return
	}
	seen[w.index] = true
	for _, i := range w.dependsOn {
		p.credentials(p.workflows[i], seen, into)
	}
	for _, s := range w.steps {
		if s.called >= 0 {
			p.credentials(p.workflows[s.called], seen, into)
		}
		for _, a := range slices.Concat(s.onSuccess, s.onFailure) {
			if a.workflow >= 0 {
				p.credentials(p.workflows[a.workflow], seen, into)
			}
		}
		if s.operation == nil {
			continue
		}
		for _, alternative := range s.operation.Security {
			for _, scheme := range alternative {
				c := Credential{Source: s.source.name, Scheme: scheme.Name, Type: scheme.Type, In: scheme.In, Name: scheme.ParamName}
				c.SetByStep = slices.ContainsFunc(s.arguments, func(a argument) bool {
					return a.in == c.In && strings.EqualFold(a.name, c.Name)
				})
				addCredential(into, c)
			}
		}
	}
}

func addCredential(into *[]Credential, c Credential) {
	for i := range *into {
		known := &(*into)[i]
		if known.Source == c.Source && known.Scheme == c.Scheme {
			known.SetByStep = known.SetByStep && c.SetByStep
			return
		}
	}
	*into = append(*into, c)
}
