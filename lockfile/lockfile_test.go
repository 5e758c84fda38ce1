package lockfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	gobelin "github.com/gobelin-dev/gobelin/runtime"
)

// write writes files below a folder. A name with -> is a link.
func write(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		link, target, linked := strings.Cut(name, "->")
		at := filepath.Join(folder, filepath.FromSlash(link))
		err := os.MkdirAll(filepath.Dir(at), 0o755)
		switch {
		case err != nil:
		case linked && runtime.GOOS == "windows":
			t.Skip("links need a privilege on Windows")
		case linked:
			err = os.Symlink(filepath.FromSlash(target), at)
		default:
			err = os.WriteFile(at, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

const (
	hello  = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" // of hello
	secret = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b" // of secret
)

func lockOf(pins string) string {
	return `{"version": 1, "documents": ["w.yaml"], "pins": [` + pins + `]}`
}

func pinOf(url, file, hash string) string {
	return `{"url": "` + url + `", "file": "` + file + `", "sha256": "` + hash + `", "size": 5}`
}

// A lock file may be anybody's.
func TestLockFilesThatAreRefused(t *testing.T) {
	const in = "arazzo.vendor/x"
	for _, row := range [][2]string{
		{lockOf(pinOf("https://a.example/x", in, hello)), ""},
		{lockOf(pinOf("https://a.example/x", "../x", hello)), `the file "../x" is not in arazzo.vendor`},
		{lockOf(pinOf("https://a.example/x", "arazzo.vendor/../w", hello)), "is not in arazzo.vendor"},
		{lockOf(pinOf("https://a.example/x", "arazzo.vendor/../../w", hello)), "is not in arazzo.vendor"},
		{lockOf(pinOf("https://a.example/x", "/etc/passwd", hello)), "is not in arazzo.vendor"},
		{lockOf(pinOf("https://a.example/x", ".env", hello)), "is not in arazzo.vendor"},
		{lockOf(pinOf("https://a.example/x", "", hello)), "is not in arazzo.vendor"},
		{lockOf(pinOf("file:///etc/passwd", in, hello)), "must be an http or https URL"},
		{lockOf(pinOf("w.yaml", in, hello)), "must be an http or https URL"},
		{lockOf(pinOf("https://A.example/./x", in, hello)), "must be an http or https URL"},
		{lockOf(pinOf("https://a.example/x", in, hello[2:])), "is not a SHA-256 hash"},
		{lockOf(pinOf("https://a.example/x", in, "")), "is not a SHA-256 hash"},
		{lockOf(pinOf("https://a.example/x", in, strings.Repeat("x", 64))), "is not a SHA-256 hash"},
		{lockOf(pinOf("https://a.example/y", in, hello) + "," + pinOf("https://a.example/x", in, hello)), "come after"},
		{lockOf(pinOf("https://a.example/x", in, hello) + "," + pinOf("https://a.example/x", in, hello)), "come after"},
		{lockOf(strings.Repeat("{},", maxPins) + "{}"), "more than 10000 entries"},
		{`{"version": 1, "documents": ["../w.yaml"], "pins": []}`, `the document "../w.yaml" is not in the folder`},
		{`{"version": 1, "documents": ["/etc/passwd"], "pins": []}`, "is not in the folder"},
		{`{"version": 2, "documents": [], "pins": []}`, "its version is 2, not 1"},
		{`{"documents": [], "pins": []}`, "its version is 0, not 1"},
		{`{"version": 1, "documents": [], "pins": [], "more": 1}`, `unknown field "more"`},
		{`{"version": 1, "documents": [], "pins": []} {"version": 2}`, "something follows"},
		{`{"version": 1, "documents": [], "pins": [{"url": ["https"]}]}`, "cannot unmarshal array"},
		{``, "EOF"},
	} {
		text, want := row[0], row[1]
		_, err := parse([]byte(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.200s: %v, want %s", text, err, want)
		}
	}
}

// Neither a file nor the folder leads out of where the lock file is.
func TestLinksLeadNowhere(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"outside/secret": "secret", "outside/x": "x",
		"a/arazzo.lock": lockOf(pinOf("https://a.example/x", "arazzo.vendor/x", secret)), "a/arazzo.vendor/x->../../outside/secret": "",
		"b/arazzo.lock": lockOf(pinOf("https://a.example/x", "arazzo.vendor/secret", secret)), "b/arazzo.vendor->../outside": "",
	})
	for _, folder := range []string{"a", "b"} {
		f, err := Read(filepath.Join(dir, folder, Name))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := f.Text(f.Pins[0]); err == nil || !strings.Contains(err.Error(), "escapes") {
			t.Errorf("%s: %q, %v", folder, text, err)
		}
	}
	b, err := Read(filepath.Join(dir, "b", Name))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string][]byte{"https://a.example/y": []byte("hello")}
	after, err := b.Pin(nil, texts)
	if err != nil {
		t.Fatal(err)
	}
	if err := after.Write(texts, b); err == nil || !strings.Contains(err.Error(), "escapes") {
		t.Error(err)
	}
	found, err := os.ReadDir(filepath.Join(dir, "outside"))
	if err != nil || len(found) != 2 {
		t.Errorf("%v, %v", found, err)
	}
}

// Names can be read, are within the folder, and no two URLs share one, whatever the
// file system takes for the same.
func TestFiles(t *testing.T) {
	for url, want := range map[string]string{
		"https://api.example/openapi.yaml":                "api.example/openapi.yaml",
		"https://api.example/v1/openapi.json":             "api.example/v1_openapi.json",
		"https://api.example/v1_openapi.json":             "api.example/v1_openapi-HASH.json",
		"https://api.example/V1/openapi.json":             "api.example/_1_openapi-HASH.json",
		"http://api.example/openapi.yaml":                 "api.example/openapi-HASH.yaml",
		"https://api.example:8443/openapi.yaml":           "api.example_8443/openapi-HASH.yaml",
		"https://api.example/openapi.yaml?v=1":            "api.example/openapi-HASH.yaml",
		"https://api.example/":                            "api.example/-HASH",
		"https://api.example/..%2F..%2Fx":                 "api.example/_-HASH._x",
		"https://api.example/.htaccess":                   "api.example/-HASH.htaccess",
		"https://api.example/x.":                          "api.example/x-HASH.",
		"https://[::1]/x.yaml":                            "___1_/x-HASH.yaml",
		"https://.../x.yaml":                              "_/x-HASH.yaml",
		"https://api.example/" + strings.Repeat("a", 300): "api.example/" + strings.Repeat("a", 100) + "-HASH",
	} {
		got := fileOf(url)
		if want = Folder + "/" + strings.Replace(want, "HASH", hashOf([]byte(url))[:16], 1); got != want {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
}

func FuzzFiles(f *testing.F) {
	for _, url := range []string{"https://a.example/x.yaml", "http://A/..%2f../\\x", "https://a/con", "https://../..",
		"https://[::1]:1/?x#y"} {
		f.Add(url, "https://a.example/y.yaml")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = withoutUser(a), withoutUser(b)
		first, second := fileOf(a), fileOf(b)
		if !filepath.IsLocal(filepath.FromSlash(first)) || !strings.HasPrefix(first, Folder+"/") || len(first) > 300 {
			t.Errorf("%s is in %s", a, first)
		}
		if a != b && strings.EqualFold(first, second) {
			t.Errorf("%s and %s are both in %s", a, b, first)
		}
	})
}

// A password is in no file, and what is pinned serves whoever reads it.
func TestUsersAreNotWritten(t *testing.T) {
	f := &File{Path: filepath.Join(t.TempDir(), Name)}
	texts := map[string][]byte{"https://me:secret@a.example/x.yaml": []byte("hello")}
	f, err := f.Pin([]string{"https://me:secret@a.example/w.yaml"}, texts)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(texts, nil); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(f.Path)
	if err != nil || strings.Contains(string(written), "secret") {
		t.Errorf("%s, %v", written, err)
	}
	for _, url := range []string{"https://a.example/x.yaml", "https://you:other@a.example/x.yaml"} {
		ctx := t.Context()
		if text, err := (&Loader{File: f}).Load(ctx, url); err != nil || string(text) != "hello" {
			t.Errorf("%s: %q, %v", url, text, err)
		}
	}
}

// Documents that share a loader and a cache have each their own lock file.
func TestLockFileOfEachDocument(t *testing.T) {
	const document = "arazzo: 1.0.1\ninfo: {title: t, version: '1'}\nsourceDescriptions: [{name: api, url: 'https://a.example/x.yaml'}]\n" +
		"workflows: [{workflowId: w, steps: [{stepId: s, operationId: get}]}]\n"
	dir := t.TempDir()
	write(t, dir, map[string]string{".git/HEAD": "", "a/b/w.yaml": document, "c/w.yaml": document, "d/w.yaml": document, "e/w.yaml": document})
	for folder, operation := range map[string]string{"a": "get", "c": "other"} {
		f := &File{Path: filepath.Join(dir, folder, Name)}
		texts := map[string][]byte{"https://a.example/x.yaml": []byte("openapi: 3.1.0\ninfo: {title: t, version: '1'}\n" +
			"servers: [{url: 'https://a.example'}]\npaths: {/a: {get: {operationId: " + operation + ", responses: {'200': {description: ok}}}}}\n")}
		f, err := f.Pin(nil, texts)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Write(texts, nil); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, map[string]string{"e/arazzo.lock": "{}"})
	compiler := gobelin.Compiler{Loader: new(Loader), Cache: new(gobelin.Cache)}
	for range 2 {
		for folder, want := range map[string]string{"a/b": "", "c": `operation "get"`, "d": "remote descriptions are not loaded",
			"e": "arazzo.lock: its version is 0"} {
			doc, err := arazzo.ReadFile(filepath.Join(dir, filepath.FromSlash(folder), "w.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = compiler.Compile(t.Context(), doc)
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s: %v, want %q", folder, err, want)
			}
		}
	}
}

// A text that cannot be written leaves the lock file as it was.
func TestWriteFails(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"arazzo.vendor": "a file", Name: lockOf("")})
	f := &File{Path: filepath.Join(dir, Name)}
	texts := map[string][]byte{"https://a.example/x.yaml": []byte("hello")}
	after, err := f.Pin([]string{filepath.Join(dir, "w.yaml")}, texts)
	if err != nil {
		t.Fatal(err)
	}
	if err := after.Write(texts, f); err == nil {
		t.Error("written")
	}
	if text, err := os.ReadFile(f.Path); err != nil || string(text) != lockOf("") {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := f.Pin([]string{filepath.Join(filepath.Dir(dir), "w.yaml")}, nil); err == nil {
		t.Error("pinned for a document outside the folder")
	}
	if _, err := Read(filepath.Join(dir, "none", Name)); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
