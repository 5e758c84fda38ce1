package check_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/runtime"
)

// stock is a second description that examples may name.
const stock = `openapi: 3.1.0
info: {title: The stock, version: 1.0.0}
servers: [{url: https://stock.example}]
paths:
  /items:
    get:
      operationId: listItems
      responses: {'200': {description: All items}}
`

// exampleLoader reads the files beside an example.
func exampleLoader(api string) runtime.Loader {
	return runtime.LoaderFunc(func(_ context.Context, location string) ([]byte, error) {
		switch location {
		case "api.yaml":
			return []byte(api), nil
		case "stock.yaml":
			return []byte(stock), nil
		}
		return nil, fs.ErrNotExist
	})
}

// codes gives the codes that an example has, with those of a run where the
// entry has a response.
func codes(t *testing.T, e check.Entry, example string) []string {
	t.Helper()
	api := e.API
	if api == "" {
		api = sharedAPI(t)
	}
	if e.Code == "source-elsewhere" {
		return codesInFolder(t, example, api)
	}
	var found []string
	add := func(d arazzo.Diagnostic) {
		// What an example does not use is left out where it shows something else.
		if d.Code != e.Code && strings.HasPrefix(d.Code, "unused-") {
			return
		}
		if !slices.Contains(found, d.Code) {
			found = append(found, d.Code)
		}
	}
	doc, err := arazzo.ParseFile("example.arazzo.yaml", []byte(document(example)))
	if doc == nil {
		for _, d := range err.(*arazzo.ParseError).Diagnostics {
			add(d)
		}
		return found
	}
	compiler := &runtime.Compiler{Loader: exampleLoader(api)}
	program, err := compiler.Compile(context.Background(), doc)
	analyze := check.Program
	if e.Code == "check-limit" {
		analyze = func(p *runtime.Program) []arazzo.Diagnostic { return check.Within(p, 1, 0) }
	}
	for _, d := range analyze(program) {
		add(d)
	}
	if e.Response == "" || err != nil {
		return found
	}
	answer := roundTripper(func(r *http.Request) (*http.Response, error) {
		status := http.StatusOK
		if r.Method == http.MethodPost {
			status = http.StatusCreated
		}
		contentType, body := "application/json", e.Response
		if head, text, ok := strings.Cut(body, "\n\n"); ok {
			contentType, body = strings.TrimPrefix(head, "Content-Type: "), text
		}
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {contentType}},
			Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})
	driver := &runtime.Driver{Client: &http.Client{Transport: answer}, OnEvent: func(event runtime.Event) {
		if raised, ok := event.(*runtime.DiagnosticRaised); ok {
			add(raised.Diagnostic)
		}
	}}
	if _, err := driver.Run(context.Background(), program, program.WorkflowIDs()[0], nil); err != nil {
		t.Errorf("the example's run: %v", err)
	}
	return found
}

// codesInFolder gives the codes of an example that stands with its description
// in a folder of a folder that is checked.
func codesInFolder(t *testing.T, example, api string) (found []string) {
	root := t.TempDir()
	for name, text := range map[string]string{"example.arazzo.yaml": document(example), "api.yaml": api} {
		name = filepath.Join(root, "flows", name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	results, err := new(check.Checker).Check(t.Context(), root)
	if err != nil || len(results) != 1 {
		t.Fatalf("%v %v", results, err)
	}
	for _, d := range results[0].Diagnostics {
		found = append(found, d.Code)
	}
	return found
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestCatalogueExamples(t *testing.T) {
	for _, e := range catalogue() {
		t.Run(e.Code, func(t *testing.T) {
			if got := codes(t, e, e.Wrong); !slices.Equal(got, []string{e.Code}) {
				t.Errorf("the wrong form has %q", got)
			}
			if e.Right == "" {
				return
			}
			if got := codes(t, e, e.Right); len(got) > 0 {
				t.Errorf("the right form has %q", got)
			}
		})
	}
}

func TestCatalogueShape(t *testing.T) {
	severity := regexp.MustCompile(`^(error|warning|note)$`)
	for _, e := range catalogue() {
		if !severity.MatchString(e.Severity) || e.Reason == "" || e.Wrong == "" {
			t.Errorf("%s: severity %q, reason %q, example %q", e.Code, e.Severity, e.Reason, e.Wrong)
		}
		if known, ok := check.Explain(e.Code); !ok || known != e {
			t.Errorf("%s is not found", e.Code)
		}
	}
	if _, ok := check.Explain("no-such-code"); ok {
		t.Error("an unknown code is explained")
	}
}

// reporting are the functions and literals whose string argument is a code.
var reporting = map[string]bool{"report": true, "problem": true, "reportFix": true, "error": true, "warn": true, "note": true, "Note": true,
	"lenient": true, "asPublished": true, "syntax": true, "unique": true, "raise": true, "forbidden": true}

var codeText = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// TestEveryCodeIsInTheCatalogue looks for codes in the source: the first text
// of a call that reports, the Code of a literal, and what has type Note.
func TestEveryCodeIsInTheCatalogue(t *testing.T) {
	seen := map[string]token.Position{}
	fset := token.NewFileSet()
	for _, folder := range []string{"../arazzo", "../runtime", "../internal/eval", "../internal/link", ".", "../internal/expr",
		"../internal/jsonpath"} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(fset, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				for _, e := range codeExpressions(n) {
					if text, err := strconv.Unquote(e.Value); err == nil && codeText.MatchString(text) {
						seen[text] = fset.Position(e.Pos())
					}
				}
				return true
			})
		}
	}
	for code, at := range seen {
		if _, ok := check.Explain(code); !ok {
			t.Errorf("%s: the catalogue has no entry for %q", at, code)
		}
	}
	for _, e := range catalogue() {
		if _, ok := seen[e.Code]; !ok {
			t.Errorf("nothing reports %q, which the catalogue has", e.Code)
		}
	}
}

// codeExpressions gives the literals of a node that are codes.
func codeExpressions(n ast.Node) []*ast.BasicLit {
	var list []*ast.BasicLit
	add := func(e ast.Expr) {
		if literal, ok := e.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			list = append(list, literal)
		}
	}
	switch n := n.(type) {
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.SelectorExpr:
			name = f.Sel.Name
		case *ast.Ident:
			name = f.Name
		}
		if !reporting[name] {
			return nil
		}
		for _, arg := range n.Args {
			if add(arg); len(list) > 0 {
				return list
			}
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
			add(n.Value)
		}
	case *ast.ValueSpec:
		for i, name := range n.Names {
			if strings.HasPrefix(name.Name, "Note") && i < len(n.Values) {
				add(n.Values[i])
			}
		}
	}
	return list
}
