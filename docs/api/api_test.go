// Package api_test holds the files beside it to the public API.
package api_test

import (
	"flag"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/gobelin-dev/gobelin"

var update = flag.Bool("update", false, "write the files anew")

// TestPublicAPI compares all that an importer can name with the committed files,
// one a package and one symbol a line: a change of the API is a change of a file,
// which a review sees and .ci/run prints. What an alias of an internal type shows
// is among it.
func TestPublicAPI(t *testing.T) {
	exports := exportData(t)
	load := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	files := map[string]bool{}
	for path := range exports {
		if !public(path) {
			continue
		}
		name := strings.TrimPrefix(path, module+"/")
		p, err := load.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		file := strings.ReplaceAll(name, "/", "-") + ".txt"
		files[file] = true
		compare(t, file, strings.Join(symbols(p), "\n")+"\n")
	}
	committed, err := filepath.Glob("*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range committed {
		if !files[file] {
			t.Errorf("%s is of no package; remove it", file)
		}
	}
}

// public reports whether a package has importers elsewhere.
func public(path string) bool {
	name, ours := strings.CutPrefix(path, module+"/")
	top, _, _ := strings.Cut(name, "/")
	return ours && !slices.Contains([]string{"cmd", "docs", "examples", "testdata"}, top) && !slices.Contains(strings.Split(name, "/"), "internal")
}

// exportData builds the public packages and returns the files with the export
// data of these and of all that they import, by path.
func exportData(t *testing.T) map[string]string {
	t.Helper()
	arguments := []string{"-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}
	for path := range strings.FieldsSeq(list(t, "./...")) {
		if public(path) {
			arguments = append(arguments, path)
		}
	}
	exports := map[string]string{}
	for line := range strings.Lines(list(t, arguments...)) {
		path, file, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		exports[path] = file
	}
	return exports
}

// list returns what go list prints in the module's folder.
func list(t *testing.T, arguments ...string) string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", append([]string{"list"}, arguments...)...)
	list.Dir, list.Stderr = "../..", os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func compare(t *testing.T, file, now string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(strings.Split(string(committed), "\n"), strings.Split(now, "\n")); diff != "" {
		t.Errorf("the public API is not that of docs/api/%s; go test ./docs/api -update writes it, "+
			"and CHANGELOG.md says what changed (-committed +now):\n%s", file, diff)
	}
}

// symbols returns what a package exports, sorted.
func symbols(p *types.Package) []string {
	var list []string
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	short := func(other *types.Package) string {
		if other == p {
			return ""
		}
		return strings.TrimPrefix(other.Path(), module+"/")
	}
	for _, name := range p.Scope().Names() {
		o := p.Scope().Lookup(name)
		if !o.Exported() {
			continue
		}
		switch o := o.(type) {
		case *types.Const:
			add("const %s %s = %s", name, types.TypeString(o.Type(), short), o.Val())
		case *types.TypeName:
			described(o, short, add)
		default:
			add("%s", types.ObjectString(o, short))
		}
	}
	slices.Sort(list)
	return list
}

// described adds a type, its fields and its methods, promoted ones included.
func described(o *types.TypeName, short types.Qualifier, add func(string, ...any)) {
	var parts []string
	kind := types.TypeString(o.Type().Underlying(), short)
	switch u := o.Type().Underlying().(type) {
	case *types.Struct:
		kind = "struct"
		for i := range u.NumFields() {
			field := types.TypeString(u.Field(i).Type(), short)
			if tag := u.Tag(i); tag != "" {
				field += " `" + tag + "`"
			}
			switch f := u.Field(i); {
			case f.Embedded():
				parts = append(parts, "embedded "+field)
			case f.Exported():
				parts = append(parts, f.Name()+" "+field)
			}
		}
	case *types.Interface:
		kind = "interface"
		for m := range u.Methods() {
			parts = append(parts, m.Name()+strings.TrimPrefix(types.TypeString(m.Type(), short), "func"))
		}
	}
	name := o.Name()
	if o.IsAlias() {
		kind = "= " + types.TypeString(types.Unalias(o.Type()), short)
	}
	add("type %s %s", name, kind)
	for _, part := range parts {
		add("type %s, %s", name, part)
	}
	if types.IsInterface(o.Type()) {
		return
	}
	values := types.NewMethodSet(o.Type())
	for m := range types.NewMethodSet(types.NewPointer(o.Type())).Methods() {
		if !m.Obj().Exported() {
			continue
		}
		receiver := "*" + name
		if values.Lookup(m.Obj().Pkg(), m.Obj().Name()) != nil {
			receiver = name
		}
		add("method (%s) %s%s", receiver, m.Obj().Name(), strings.TrimPrefix(types.TypeString(m.Type(), short), "func"))
	}
}
