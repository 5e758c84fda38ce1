package attack

import (
	"bytes"
	"cmp"
	"compress/flate"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// An attack is one run with what it must lead to; testdata/README.md describes
// its members.
type attack struct {
	Name     string            `json:"name"`
	Fill     map[string]text   `json:"fill"`
	Document text              `json:"document"`
	Files    map[string]text   `json:"files"`
	Inputs   text              `json:"inputs"`
	Workflow string            `json:"workflow"`
	Answers  []answer          `json:"answers"`
	Fetch    bool              `json:"fetch"`
	Strict   bool              `json:"strict"`
	MaxBody  int64             `json:"maxBody"`
	MaxSteps int               `json:"maxSteps"`
	Servers  map[string]string `json:"servers"`
	Deadline duration          `json:"deadline"`
	Limit    duration          `json:"limit"`
	Memory   int64             `json:"memory"`
	Long     bool              `json:"long"`
	Fails    string            `json:"fails"`

	Want    string          `json:"want"`
	Code    string          `json:"code"`
	Saying  string          `json:"saying"`
	Outputs json.RawMessage `json:"outputs"`
	Checked []string        `json:"checked"`

	Sent      *[]text  `json:"sent"`
	Never     []string `json:"never"`
	Elsewhere []string `json:"elsewhere"`
	Once      []string `json:"once"`
}

// An answer is what the server sends for one request.
type answer struct {
	Raw     text   `json:"raw"`
	Status  int    `json:"status"`
	Headers []text `json:"headers"`
	Body    text   `json:"body"`
	Endless text   `json:"endless"`
	End     string `json:"end"`
}

type duration time.Duration

// UnmarshalJSON reads "200ms".
func (d *duration) UnmarshalJSON(data []byte) error {
	s, err := strconv.Unquote(string(data))
	if err != nil {
		return err
	}
	parsed, err := time.ParseDuration(s)
	*d = duration(parsed)
	return err
}

// A text is written as a string, a list of texts, or an object: see
// testdata/README.md. It is made when it is needed, as it can be large.
type text struct {
	set   bool
	plain string
	list  []text
	made  *made
}

type made struct {
	Text    *text  `json:"text"`
	Times   int    `json:"times"`
	Gzip    *text  `json:"gzip"`
	Deflate *text  `json:"deflate"`
	Base64  string `json:"base64"`
}

// UnmarshalJSON reads any of the three forms.
func (t *text) UnmarshalJSON(data []byte) error {
	t.set = true
	switch data[0] {
	case '"':
		return json.Unmarshal(data, &t.plain)
	case '[':
		return json.Unmarshal(data, &t.list)
	}
	t.made = &made{}
	return strictly(data, t.made)
}

func strictly(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// bytes makes the text, with %name% replaced by what fill has.
func (t *text) bytes(fill map[string]text) []byte {
	var b bytes.Buffer
	t.write(&b, fill)
	return b.Bytes()
}

func (t *text) write(w io.Writer, fill map[string]text) {
	switch {
	case t.made != nil:
		t.made.write(w, fill)
	case t.list != nil:
		for i := range t.list {
			t.list[i].write(w, fill)
		}
	default:
		writeFilled(w, t.plain, fill)
	}
}

func writeFilled(w io.Writer, s string, fill map[string]text) {
	for {
		before, rest, found := strings.Cut(s, "%")
		_, _ = io.WriteString(w, before) // to memory, or to what is compressed there
		if !found {
			return
		}
		name, after, _ := strings.Cut(rest, "%")
		if filled, known := fill[name]; known {
			filled.write(w, fill)
			s = after
		} else {
			_, _ = io.WriteString(w, "%")
			s = rest
		}
	}
}

func (m *made) write(w io.Writer, fill map[string]text) {
	switch {
	case m.Text != nil:
		one := m.Text.bytes(fill)
		counts := bytes.Contains(one, []byte("{n"))
		times := cmp.Or(m.Times, 1)
		if !counts {
			piece := max(1, min(times, 1<<16/max(1, len(one)))) // of a repetition that may be longer than memory
			many := bytes.Repeat(one, piece)
			for ; times >= piece; times -= piece {
				_, _ = w.Write(many)
			}
			_, _ = w.Write(many[:times*len(one)])
			return
		}
		for i := range times {
			next := bytes.ReplaceAll(one, []byte("{n+1}"), []byte(strconv.Itoa(i+1)))
			_, _ = w.Write(bytes.ReplaceAll(next, []byte("{n}"), []byte(strconv.Itoa(i))))
		}
	case m.Gzip != nil:
		z := gzip.NewWriter(w)
		m.Gzip.write(z, fill)
		_ = z.Close()
	case m.Deflate != nil:
		z, _ := flate.NewWriter(w, flate.DefaultCompression)
		m.Deflate.write(z, fill)
		_ = z.Close()
	default:
		data, err := base64.StdEncoding.DecodeString(m.Base64)
		if err != nil {
			panic(err)
		}
		_, _ = w.Write(data)
	}
}

// load reads the attacks of testdata.
func load(t testing.TB) []*attack {
	t.Helper()
	names, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no attacks: %v", err)
	}
	var all []*attack
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		root, err := tree.Parse(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		file, _ := root.Value().(map[string]any)
		given, _ := file["given"].(map[string]any)
		for i, item := range file["attacks"].([]any) {
			for _, members := range expanded(overlay(given, item.(map[string]any))) {
				a := &attack{}
				if err := strictly(value.AppendJSON(nil, members), a); err != nil {
					t.Fatalf("%s, attack %d (%v): %v", name, i+1, members["name"], err)
				}
				a.Name = strings.TrimSuffix(filepath.Base(name), ".yaml") + "/" + a.Name
				all = append(all, a)
			}
		}
	}
	return all
}

// expanded returns the product of the lists of an attack's "each", each laid
// over the attack.
func expanded(members map[string]any) []map[string]any {
	each, _ := members["each"].([]any)
	list := []map[string]any{maps.Clone(members)}
	delete(list[0], "each")
	for _, variants := range each {
		var product []map[string]any
		for _, below := range list {
			for _, variant := range variants.([]any) {
				product = append(product, overlay(below, variant.(map[string]any)))
			}
		}
		list = product
	}
	return list
}

// overlay returns the members of both; those of the second win, except that
// names are joined, and what is filled or a file is merged.
func overlay(below, above map[string]any) map[string]any {
	merged := maps.Clone(below)
	if merged == nil {
		merged = map[string]any{}
	}
	for name, v := range above {
		old, there := merged[name]
		switch {
		case there && name == "name":
			v = fmt.Sprint(old, ", ", v)
		case there && (name == "fill" || name == "files"):
			v = overlay(old.(map[string]any), v.(map[string]any))
		}
		merged[name] = v
	}
	return merged
}
