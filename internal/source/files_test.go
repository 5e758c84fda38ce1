package source

import (
	"cmp"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// folders writes files, whose text is their name, and returns their folder. A
// name with -> is a link.
func folders(t *testing.T, names ...string) string {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		link, target, linked := strings.Cut(name, "->")
		at := filepath.Join(dir, filepath.FromSlash(link))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if linked {
			err = os.Symlink(strings.ReplaceAll(target, "DIR", dir), at)
		} else {
			err = os.WriteFile(at, []byte(name), 0o600)
		}
		if err != nil {
			if runtime.GOOS == "windows" {
				t.Skip("links need a privilege on Windows: ", err)
			}
			t.Fatal(err)
		}
	}
	return dir
}

func TestWhichFilesDocumentsLeadTo(t *testing.T) {
	dir := folders(t, "repo/.git/HEAD", "repo/flows/a.yaml", "repo/api/o.yaml", "outside/secret.yaml", "repo/api/in.yaml->o.yaml",
		"repo/api/out.yaml->../../outside/secret.yaml", "repo/api/absolute.yaml->DIR/outside/secret.yaml", "repo/folder->../outside",
		"plain/flows/b.yaml", "plain/flows/sub/o.yaml", "plain/api/o.yaml", "plain-other/o.yaml", "repo2/.git", "repo2/api/o.yaml")
	const refused, link, missing = "is outside", "a link that leads out of", "no such file"
	tests := []struct {
		named   []string
		roots   []string
		working string
		place   string
		want    string
	}{
		{named: []string{"repo/flows/a.yaml"}, place: "repo/api/o.yaml"},
		{named: []string{"repo/flows/a.yaml"}, place: "repo/api/in.yaml"},
		{named: []string{"repo/flows/a.yaml"}, place: "repo/api/out.yaml", want: link},
		{named: []string{"repo/flows/a.yaml"}, place: "repo/api/absolute.yaml", want: link},
		{named: []string{"repo/flows/a.yaml"}, place: "repo/folder/secret.yaml", want: link},
		{named: []string{"repo/flows/a.yaml"}, place: "outside/secret.yaml", want: refused},
		{named: []string{"repo/flows/a.yaml"}, place: "repo/api/../../outside/secret.yaml", want: refused},
		{named: []string{"repo/flows/a.yaml"}, place: "repo/none.yaml", want: missing},
		{named: []string{"repo/flows/a.yaml"}, place: "repo2/api/o.yaml", want: refused},
		{named: []string{"repo/flows/a.yaml", "repo2/api/o.yaml"}, place: "repo2/api/o.yaml"},
		{named: []string{"plain/flows/b.yaml"}, place: "plain/flows/sub/o.yaml"},
		{named: []string{"plain/flows/b.yaml"}, place: "plain/api/o.yaml", want: refused},
		{named: []string{"plain/flows/b.yaml"}, working: "plain", place: "plain/api/o.yaml"},
		{named: []string{"plain/flows/b.yaml"}, working: "plain/api", place: "plain/api/o.yaml", want: refused},
		{named: []string{"plain/flows/b.yaml"}, working: "plain", place: "plain-other/o.yaml", want: refused},
		{named: []string{"plain/flows/b.yaml", "plain/api"}, place: "plain/api/o.yaml"},
		{named: []string{"plain/flows/b.yaml"}, roots: []string{"plain"}, place: "plain/api/o.yaml"},
		{named: []string{"plain/flows/b.yaml"}, roots: []string{""}, place: "outside/secret.yaml"},
		{named: []string{"plain/flows/b.yaml"}, roots: []string{"repo"}, place: "repo/api/out.yaml", want: link},
		{named: []string{"http://a.example/b.yaml"}, place: "plain/api/o.yaml", want: refused},
	}
	for _, test := range tests {
		t.Chdir(filepath.Join(dir, cmp.Or(test.working, "outside")))
		t.Setenv("HOME", filepath.Join(dir, "home"))
		under := func(names []string) (list []string) {
			for _, name := range names {
				if !strings.Contains(name, "://") {
					name = filepath.Join(dir, name)
				}
				list = append(list, name)
			}
			return list
		}
		p := &Policy{Roots: under(test.roots)}
		ctx := Asking(Named(t.Context(), under(test.named)...), filepath.Join(dir, "any"))
		_, err := p.Read(ctx, filepath.Join(dir, test.place))
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%+v: %v", test, err)
		}
	}
}

// The caller reads what it likes.
func TestFilesOfTheCaller(t *testing.T) {
	dir := folders(t, "a.yaml")
	if data, err := new(Policy).Read(t.Context(), filepath.Join(dir, "a.yaml")); err != nil || string(data) != "a.yaml" {
		t.Errorf("%q, %v", data, err)
	}
}

// Neither a person's home nor everything is where a document belongs, though
// they are the working directory.
func TestBroadFolders(t *testing.T) {
	dir := folders(t, "home/.git/HEAD", "home/secret", "home/downloads/a.yaml")
	t.Setenv("HOME", filepath.Join(dir, "home"))
	for _, working := range []string{filepath.Join(dir, "home"), string(filepath.Separator)} {
		t.Chdir(working)
		ctx := Asking(Named(t.Context(), filepath.Join(dir, "home/downloads/a.yaml")), "any")
		if _, err := new(Policy).Read(ctx, filepath.Join(dir, "home/secret")); err == nil {
			t.Errorf("read from %s", working)
		}
	}
}
