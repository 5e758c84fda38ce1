package mock

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/schema"
)

// A problem is an error that the mock answers: in the form that the description declares for
// the status, where it is JSON, else as RFC 9457 has it.
type problem struct {
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Detail string  `json:"detail"`
	Errors []fault `json:"errors,omitempty"`

	header http.Header
}

// fault is one of several reasons.
type fault struct {
	Detail    string `json:"detail"`
	In        string `json:"in,omitempty"`        // body, query, path, header, cookie
	Parameter string `json:"parameter,omitempty"` // its name
	Pointer   string `json:"pointer,omitempty"`   // to a part of the body or of the value
}

func newProblem(status int, detail string) *problem {
	title := http.StatusText(status)
	return &problem{Title: title, Status: status, Detail: detail, header: http.Header{}}
}

const problemType = "application/problem+json"

// answer makes the answer to a request for op, which is nil if none was found.
func (p *problem) answer(s *Server, op *operation) *answer {
	a := &answer{status: p.Status, header: p.header.Clone()}
	text, _ := json.Marshal(p)
	if op != nil {
		r := op.Response(p.Status)
		if r != nil && (r.Code != "default" || p.Status >= 400) {
			if media := jsonOf(r); media != nil && media.Type != problemType {
				a.response, a.media = r, media
				a.body, a.hasBody = s.explained(r, media, p), true
				return a
			}
		}
	}
	a.raw, a.contentType = text, problemType
	return a
}

func jsonOf(r *openapi.Response) *openapi.MediaType {
	list := r.Bodies()
	if i := slices.IndexFunc(list, func(m *openapi.MediaType) bool { return openapi.IsJSON(m.Type) }); i >= 0 {
		return list[i]
	}
	return nil
}

// explanatory are names of members that say in words what went wrong.
var explanatory = []string{"message", "detail", "details", "description", "error_description", "errormessage", "reason", "msg", "title"}

// explained returns the body of a declared error with the reason in it.
func (s *Server) explained(r *openapi.Response, media *openapi.MediaType, p *problem) any {
	s.shapes.Lock()
	defer s.shapes.Unlock()
	body := s.sample(r, media, "", false)
	told := false
	return s.explain(media.Home.Type(media.Schema), body, p, 0, &told)
}

func (s *Server) explain(t *schema.Type, v any, p *problem, depth int, told *bool) any {
	of, isObject := v.(map[string]any)
	if list, is := v.([]any); is && len(list) > 0 && depth < maxWrapped {
		items := t.Items()
		if items == nil {
			items = schema.Any()
		}
		return []any{s.explain(items, list[0], p, depth+1, told)}
	}
	if !isObject || depth > maxWrapped {
		return v
	}
	out := make(map[string]any, len(of))
	for name, member := range of {
		out[name] = member
		found := t.Member(name)
		fits := func(v any) bool { return found.Type == nil || found.Type.Misfit(v) == nil }
		switch plain := strings.ToLower(name); {
		case slices.Contains(explanatory, plain) || plain == "error" && isText(member):
			text := p.Detail
			if plain == "title" && (of["detail"] != nil || of["message"] != nil) {
				text = p.Title
			}
			if fits(text) && isText(member) {
				out[name], *told = text, true
			}
		case (plain == "status" || plain == "code" || plain == "statuscode" || plain == "status_code") && fits(int64(p.Status)):
			if _, isNumber := member.(int64); isNumber {
				out[name] = int64(p.Status)
			}
		default:
			if found.Type == nil {
				found.Type = schema.Any()
			}
			out[name] = s.explain(found.Type, member, p, depth+1, told)
		}
	}
	return out
}

func isText(v any) bool {
	_, is := v.(string)
	return is
}

// maxWrapped is how deep in a body a thing is looked for that others wrap.
const maxWrapped = 3
