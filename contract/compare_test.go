package contract_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/contract"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// TestCompare lets gobelin and Redocly's respect look at the same exchanges, and logs the table
// of docs/contract.md: for each description in the folder COMPARE_DESCRIPTIONS an answer
// that fits it, and that answer broken in one way after the other. REDOCLY is the command
// of @redocly/cli.
func TestCompare(t *testing.T) {
	folder, redocly := os.Getenv("COMPARE_DESCRIPTIONS"), strings.Fields(os.Getenv("REDOCLY"))
	if folder == "" || redocly == nil {
		t.Skip("a measurement beside another tool, for docs/contract.md: COMPARE_DESCRIPTIONS and REDOCLY say where both are")
	}
	var files []string
	err := filepath.WalkDir(folder, func(name string, entry os.DirEntry, err error) error {
		if info, e := entry.Info(); err == nil && e == nil && !entry.IsDir() && info.Size() < 400_000 &&
			slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name)) {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	most, _ := strconv.Atoi(os.Getenv("COMPARE_MOST"))
	count := map[string][3]int{} // exchanges, found by gobelin, by respect
	compared, perFolder := 0, map[string]int{}
	for _, name := range append([]string{"testdata/compare.yaml"}, files...) {
		if most > 0 && compared == most {
			break
		}
		parts := strings.SplitN(strings.TrimPrefix(name, folder+"/"), string(filepath.Separator), 2)
		if perFolder[parts[0]] == 8 { // of one publisher
			continue
		}
		found := comparison(t, name, redocly)
		if found == nil {
			continue
		}
		compared++
		perFolder[parts[0]]++
		for how, both := range found {
			c := count[how]
			c[0]++
			for i, is := range both {
				if is {
					c[i+1]++
				}
			}
			count[how] = c
			if both[0] != both[1] {
				t.Logf("%s: %s: gobelin %v, respect %v", name, how, both[0], both[1])
			}
		}
	}
	t.Logf("%d descriptions", compared)
	for _, how := range slices.Sorted(maps.Keys(count)) {
		t.Logf("| %s | %d | %d | %d |", how, count[how][0], count[how][1], count[how][2])
	}
}

type reply struct {
	how         string
	status      int
	contentType string
	header      http.Header
	body        any
}

// comparison returns for each reply whether gobelin and respect find something wrong with
// it; nil if the description has no operation to be asked.
func comparison(t *testing.T, name string, redocly []string) map[string][2]bool {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	d, err := openapi.Load(text, name, nil)
	if err != nil || strings.HasPrefix(d.Version, "2") {
		return nil
	}
	for op := range d.Operations() {
		r := op.Response(200)
		if op.Method != "GET" || op.ID == "" || r == nil || r.Code != "200" || len(op.Broken) > 0 || strings.Contains(op.Path, "{") {
			continue
		}
		media := openapi.MediaOf(r.Content, "application/json")
		if media == nil || media.Schema == nil {
			continue
		}
		s := sampler{header: http.Header{}}
		body, ok := s.sample(media.Schema, media.Home, 0).(map[string]any)
		if !ok || s.failed || len(body) == 0 {
			continue
		}
		s.headers(r)
		replies := broken(op, r, media, reply{"nothing", 200, "application/json", s.header, body})
		return judged(t, name, op, replies, redocly)
	}
	return nil
}

// broken returns a reply, and all that can be made of it by breaking it in one way.
func broken(op *openapi.Operation, r *openapi.Response, media *openapi.MediaType, fits reply) []reply {
	list := []reply{fits}
	add := func(how string, change func(*reply)) {
		other := fits
		other.how = how
		change(&other)
		list = append(list, other)
	}
	with := func(how, member string, v any) {
		add(how, func(r *reply) {
			body := maps.Clone(fits.body.(map[string]any))
			if body[member] = v; v == nil {
				delete(body, member)
			}
			r.body = body
		})
	}
	body := fits.body.(map[string]any)
	schema, home, err := media.Home.Resolve(media.Schema)
	if err != nil {
		return list
	}
	if op.Response(299) == nil {
		add("status not declared (2xx)", func(r *reply) { r.status = 299 })
	}
	if op.Response(444) == nil {
		add("status not declared (4xx)", func(r *reply) { r.status = 444 })
	}
	if openapi.MediaOf(r.Content, "text/html") == nil {
		add("content type not declared", func(r *reply) { r.contentType = "text/html" })
	}
	add("body null", func(r *reply) { r.body = nil })
	if required := schema.Get("required"); required != nil && len(required.Items) > 0 {
		with("required member missing", required.Items[0].Str(), nil)
	}
	if closed := schema.Get("additionalProperties"); closed != nil && closed.Kind == tree.Bool && !closed.True() {
		with("member not allowed", "xNotAllowed", "1")
	}
	seen := map[string]bool{}
	once := func(how, member string, v any) {
		if !seen[how] {
			seen[how] = true
			with(how, member, v)
		}
	}
	for _, member := range slices.Sorted(maps.Keys(body)) {
		p, in, err := home.Resolve(schema.Get("properties").Get(member))
		if err != nil {
			continue
		}
		kind := p.Get("type").Str()
		switch {
		case p.Get("enum") != nil:
			once("value not in enum", member, "no such value")
		case p.Get("format").Str() == "date-time":
			once("format date-time", member, "yesterday")
		case p.Get("format").Str() == "email", p.Get("format").Str() == "uuid":
			once("format uuid or email", member, "neither")
		case kind == "string" && p.Get("nullable") == nil:
			once("number for string", member, int64(7))
			once("null for string", member, json.RawMessage("null"))
		case kind == "integer":
			once("fraction for integer", member, 1.5)
			once("string for integer", member, "7")
		case kind == "array":
			if items, _, err := in.Resolve(p.Get("items")); err == nil && items.Get("type").Str() == "object" {
				once("string for object in array", member, []any{"x"})
			}
		}
	}
	for name := range fits.header {
		add("header that does not fit", func(r *reply) { r.header = http.Header{name: {"not a number"}} })
		add("required header missing", func(r *reply) { r.header = nil })
	}
	return list
}

// judged runs a workflow for each reply, by both.
func judged(t *testing.T, name string, op *openapi.Operation, replies []reply, redocly []string) map[string][2]bool {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i, err := strconv.Atoi(r.Header.Get("X-Reply"))
		if err != nil || i >= len(replies) {
			return
		}
		maps.Copy(w.Header(), replies[i].header)
		w.Header().Set("Content-Type", replies[i].contentType)
		w.WriteHeader(replies[i].status)
		_ = json.NewEncoder(w).Encode(replies[i].body)
	}))
	defer server.Close()
	folder := t.TempDir()
	text, _ := os.ReadFile(name)
	api := "api" + filepath.Ext(name)
	var workflows []any
	for i := range replies {
		parameters := []any{map[string]any{"name": "X-Reply", "in": "header", "value": strconv.Itoa(i)}}
		for _, p := range op.Parameters {
			if p.Required && p.Name != "X-Reply" {
				parameters = append(parameters, map[string]any{"name": p.Name, "in": p.In, "value": "1"})
			}
		}
		workflows = append(workflows, map[string]any{"workflowId": fmt.Sprint("w", i), "steps": []any{map[string]any{"stepId": "s",
			"operationId": op.ID, "parameters": parameters, "successCriteria": []any{map[string]any{"condition": "$statusCode > 0"}}}}})
	}
	document := value.AppendJSON(nil, map[string]any{"arazzo": "1.0.1", "info": map[string]any{"title": "t", "version": "1"},
		"sourceDescriptions": []any{map[string]any{"name": "api", "url": api, "type": "openapi"}}, "workflows": workflows})
	at := filepath.Join(folder, "w.json")
	for file, data := range map[string][]byte{at: document, filepath.Join(folder, api): text} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	doc, err := arazzo.ReadFile(at)
	if err != nil {
		t.Fatal(err)
	}
	p, err := runtime.Compile(t.Context(), doc)
	if err != nil {
		t.Logf("%s: %v", name, err)
		return nil
	}
	list := map[string][2]bool{}
	for i, r := range replies {
		c := contract.Checker{Program: p}
		wrong := ""
		d := runtime.Driver{Servers: map[string]string{"api": server.URL}, OnEvent: c.Listener(func(e runtime.Event) {
			if found, is := e.(*runtime.DiagnosticRaised); is && found.Diagnostic.Severity < arazzo.Note {
				wrong = found.Diagnostic.String()
			} else if is && found.Diagnostic.Code == contract.Unjudged {
				t.Logf("%s: %s", name, found.Diagnostic.Message)
			}
		})}
		if _, err := d.Run(t.Context(), p, fmt.Sprint("w", i), nil); err != nil {
			t.Logf("%s: %v", name, err)
			return nil
		}
		list[r.how] = [2]bool{wrong != "", false}
		if r.how == "nothing" && wrong != "" {
			t.Logf("%s: %s", name, strings.TrimPrefix(wrong, folder))
		}
	}

	out := filepath.Join(folder, "out.json")
	command := exec.CommandContext(t.Context(), redocly[0], append(redocly[1:], "respect", at, "--json-output", out,
		"--server", "api="+server.URL, "--max-steps", "1000")...)
	command.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true", "CI=true")
	said, _ := command.CombinedOutput() // it fails where something is wrong
	found, err := os.ReadFile(out)
	if err != nil {
		t.Logf("%s: respect: %s", name, said[max(0, len(said)-500):])
		return nil
	}
	root, err := tree.Parse(found)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range root.Get("files").Members {
		for _, w := range file.Value.Get("executedWorkflows").Items {
			i, err := strconv.Atoi(strings.TrimPrefix(w.Get("workflowId").Str(), "w"))
			if err != nil {
				continue
			}
			for _, s := range w.Get("executedSteps").Items {
				for _, check := range s.Get("checks").Items {
					if passed := check.Get("passed"); passed != nil && !passed.True() {
						both := list[replies[i].how]
						both[1] = true
						list[replies[i].how] = both
						if replies[i].how == "nothing" {
							t.Logf("%s: respect: %s", name, check.Get("message").Str())
						}
					}
				}
			}
		}
	}
	return list
}

// sampler makes values that fit schemas.
type sampler struct {
	header http.Header
	failed bool
}

var texts = map[string]string{"date-time": "2026-11-28T10:00:00Z", "date": "2026-11-28", "uuid": "6b1c8d3e-1c2b-4a5d-8e9f-0a1b2c3d4e5f",
	"email": "a@b.example", "uri": "https://a.example/b", "url": "https://a.example/b", "hostname": "a.example", "ipv4": "127.0.0.1",
	"time": "10:00:00Z", "duration": "P1D"}

func (s *sampler) sample(n *tree.Node, in *openapi.Description, depth int) any {
	n, in, err := in.Resolve(n)
	if err != nil || n.Get("pattern") != nil || n.Get("not") != nil || n.Get("oneOf") != nil || n.Get("anyOf") != nil || depth > 8 {
		s.failed = true
		return nil
	}
	if enum := n.Get("enum"); enum != nil && len(enum.Items) > 0 {
		return enum.Items[0].Value()
	}
	kind := n.Get("type").Str()
	switch {
	case kind == "object" || n.Get("properties") != nil || n.Get("allOf") != nil:
		members := map[string]any{}
		if all := n.Get("allOf"); all != nil {
			for _, part := range all.Items {
				if of, ok := s.sample(part, in, depth+1).(map[string]any); ok {
					maps.Copy(members, of)
				}
			}
		}
		required, _ := n.Get("required").Value().([]any)
		if properties := n.Get("properties"); properties != nil {
			for _, p := range properties.Members {
				inner := sampler{}
				v := inner.sample(p.Value, in, depth+1)
				switch {
				case !inner.failed:
					members[p.Name] = v
				case slices.Contains(required, any(p.Name)):
					s.failed = true
				}
			}
		}
		return members
	case kind == "array":
		if n.Get("items") == nil || depth > 4 {
			return []any{}
		}
		inner := sampler{}
		if v := inner.sample(n.Get("items"), in, depth+1); !inner.failed {
			return []any{v}
		}
		return []any{}
	case kind == "string":
		text := texts[n.Get("format").Str()]
		if text == "" {
			text = "text"
		}
		if least, ok := n.Get("minLength").Value().(int64); ok && int(least) > len(text) {
			text += strings.Repeat("x", int(least)-len(text))
		}
		if most, ok := n.Get("maxLength").Value().(int64); ok && int(most) < len(text) {
			text = text[:most]
		}
		return text
	case kind == "integer", kind == "number":
		if least := n.Get("minimum"); least != nil {
			return least.Value()
		}
		return int64(1)
	case kind == "boolean":
		return true
	}
	s.failed = true
	return nil
}

// headers adds the headers of a response that are numbers.
func (s *sampler) headers(r *openapi.Response) {
	declared := r.Node.Get("headers")
	if declared == nil {
		return
	}
	for _, m := range declared.Members {
		n, _, err := r.Home.Resolve(m.Value)
		if err == nil && n.Get("required").True() && n.Get("schema").Get("type").Str() == "integer" {
			s.header.Set(m.Name, "1")
		}
	}
}
