package shared

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestPublicPagesNameNoInternalType reads what go doc shows of the packages that
// can be imported: no declaration there may need an internal package to be
// understood.
func TestPublicPagesNameNoInternalType(t *testing.T) {
	files, err := filepath.Glob("../../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var packages []string
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_test.go") || f.Name.Name == "main" {
			continue
		}
		if !slices.Contains(packages, f.Name.Name) {
			packages = append(packages, f.Name.Name)
		}
		for _, leak := range leaks(f) {
			t.Errorf("%s: %s is on the public page", name, leak)
		}
	}
	if !slices.Contains(packages, "arazzo") || !slices.Contains(packages, "runtime") {
		t.Errorf("the packages read are %q", packages)
	}
	if f, err := parser.ParseFile(token.NewFileSet(), "", leaking, 0); err != nil || !slices.Equal(leaks(f), []string{"a.X", "a.Y", "b.Z"}) {
		t.Errorf("of a package that leaks these are found: %q, %v", leaks(f), err)
	}
}

const leaking = `package p

import (
	"fmt"
	"m/internal/a"
	other "m/x/internal/b"
)

type Alias = a.X
type t int
type T struct {
	Stringer fmt.Stringer
	hidden   a.Hidden
}
func (T) M(a.Y) {}
func (T) m(a.Hidden) {}
func (*t) M(a.Hidden) {}
func F() []other.Z { return a.Hidden() }
func f(a.Hidden)
`

// leaks returns the names from internal packages in the exported declarations of
// a file.
func leaks(f *ast.File) (list []string) {
	internal := map[string]string{} // by what they are called in the file
	for _, i := range f.Imports {
		from, _ := strconv.Unquote(i.Path.Value)
		if !strings.Contains(from, "internal/") {
			continue
		}
		called := path.Base(from)
		if i.Name != nil {
			called = i.Name.Name
		}
		internal[called] = path.Base(from)
	}
	ast.FileExports(f)
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BlockStmt:
			return false
		case *ast.FuncDecl:
			return n.Recv == nil || hasExportedType(n.Recv)
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && internal[x.Name] != "" {
				list = append(list, internal[x.Name]+"."+n.Sel.Name)
			}
		}
		return true
	})
	return list
}

// hasExportedType reports whether a receiver's type is exported.
func hasExportedType(receiver *ast.FieldList) (exported bool) {
	ast.Inspect(receiver.List[0].Type, func(n ast.Node) bool {
		name, ok := n.(*ast.Ident)
		exported = exported || ok && name.IsExported()
		return true
	})
	return exported
}
