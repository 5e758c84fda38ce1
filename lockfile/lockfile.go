// Package lockfile pins the descriptions and documents that Arazzo documents name
// over http and https: their texts lie in a folder beside a lock file, which has
// the hash of each. With them a program is the same tomorrow, and is compiled
// without the network.
//
// A [Remote] collects the texts, [File.Pin] and [File.Write] keep them, and a
// [Loader] reads them for a [runtime.Compiler]. The command gobelin vendor is made
// of these.
package lockfile

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/location"
	"github.com/gobelin-dev/gobelin/internal/source"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// Name is the name of lock files, and Folder that of the folder beside one that has
// the texts.
const (
	Name   = "arazzo.lock"
	Folder = "arazzo.vendor"
)

const (
	version = 1
	maxPins = 10_000 // as many documents as a program may have
)

// A File is the content of a lock file. It must not be changed while a [Loader]
// uses it.
type File struct {
	Path      string   // of the lock file
	Documents []string // what the texts are pinned for: paths from the folder of the lock file, with slashes, and URLs; sorted
	Pins      []Pin    // sorted by URL
}

// A Pin is a text with its hash.
type Pin struct {
	URL    string `json:"url"`    // without user and password
	File   string `json:"file"`   // in the folder of the lock file, with slashes
	SHA256 string `json:"sha256"` // in hexadecimal
	Size   int    `json:"size"`   // in bytes
}

// content is a File as it is written.
type content struct {
	Version   int      `json:"version"`
	Documents []string `json:"documents"`
	Pins      []Pin    `json:"pins"`
}

// Find returns the path of the lock file of a document: the one in its folder, or in
// the nearest folder above it up to that of the repository that it belongs to; ""
// if there is none. That of a document from a URL, or of standard input, is in the
// working directory.
func Find(document string) string {
	for _, folder := range source.Above(home(document)) {
		name := filepath.Join(folder, Name)
		if _, err := os.Lstat(name); err == nil {
			return name
		}
	}
	return ""
}

// Beside returns the path of a lock file in the folder of a document, or in the
// working directory if it comes from a URL.
func Beside(document string) string { return filepath.Join(filepath.Dir(home(document)), Name) }

func home(document string) string {
	if document = location.Clean(document); location.Scheme(document) != "" || document == "" {
		return Name
	}
	return document
}

// Read reads a lock file. It refuses one that leads out of its folder.
func Read(name string) (*File, error) {
	data, err := tree.ReadRegularFile(name)
	if err != nil {
		return nil, err
	}
	f, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; gobelin vendor writes such files", name, err)
	}
	f.Path = name
	return f, nil
}

func parse(data []byte) (*File, error) {
	var c content
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return nil, err
	}
	switch {
	case decoder.More():
		return nil, errors.New("something follows the object")
	case c.Version != version:
		return nil, fmt.Errorf("its version is %d, not %d", c.Version, version)
	case len(c.Pins) > maxPins || len(c.Documents) > maxPins:
		return nil, fmt.Errorf("it has more than %d entries", maxPins)
	}
	for _, document := range c.Documents {
		if !location.IsURL(document) && !filepath.IsLocal(filepath.FromSlash(document)) {
			return nil, fmt.Errorf("the document %q is not in the folder of the lock file", document)
		}
	}
	for i, pin := range c.Pins {
		hash, err := hex.DecodeString(pin.SHA256)
		switch {
		case !location.IsURL(pin.URL) || location.Clean(pin.URL) != pin.URL || i > 0 && c.Pins[i-1].URL >= pin.URL:
			return nil, fmt.Errorf("%q must be an http or https URL, and come after the one before", pin.URL)
		case !filepath.IsLocal(filepath.FromSlash(pin.File)) || path.Clean(pin.File) != pin.File || !strings.HasPrefix(pin.File, Folder+"/"):
			return nil, fmt.Errorf("the file %q is not in %s", pin.File, Folder)
		case err != nil || len(hash) != sha256.Size:
			return nil, fmt.Errorf("%q is not a SHA-256 hash in hexadecimal", pin.SHA256)
		}
	}
	return &File{Documents: c.Documents, Pins: c.Pins}, nil
}

// Pinned returns the pin of a URL.
func (f *File) Pinned(url string) (Pin, bool) {
	at, found := slices.BinarySearchFunc(f.Pins, withoutUser(url), func(p Pin, url string) int { return strings.Compare(p.URL, url) })
	if !found {
		return Pin{}, false
	}
	return f.Pins[at], true
}

// Text reads the text of a pin, and returns an error if it is not what is pinned.
// No file outside the lock file's folder is read, links included.
func (f *File) Text(pin Pin) ([]byte, error) {
	const remedy = "restore the file, or pin what is at the URL now with gobelin vendor --update"
	folder, err := os.OpenRoot(filepath.Dir(f.Path))
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	data, err := tree.ReadRegularFileIn(folder, filepath.FromSlash(pin.File))
	if err != nil {
		return nil, fmt.Errorf("%s pins %s: %w; %s", f.Path, pin.URL, err, remedy)
	}
	if hash := hashOf(data); !strings.EqualFold(hash, pin.SHA256) {
		return nil, fmt.Errorf("%s is not what %s pins for %s: its SHA-256 is %s, pinned is %s; %s",
			filepath.Join(filepath.Dir(f.Path), filepath.FromSlash(pin.File)), f.Path, pin.URL, hash, pin.SHA256, remedy)
	}
	return data, nil
}

// Pin returns a lock file of the same path that pins texts, by URL, for documents:
// paths as in [Find], and URLs. Nothing is written.
func (f *File) Pin(documents []string, texts map[string][]byte) (*File, error) {
	pinned := &File{Path: f.Path}
	for _, document := range documents {
		if document = withoutUser(document); !location.IsURL(document) {
			rel, err := relative(filepath.Dir(f.Path), document)
			if err != nil {
				return nil, err
			}
			document = rel
		}
		pinned.Documents = append(pinned.Documents, document)
	}
	slices.Sort(pinned.Documents)
	pinned.Documents = slices.Compact(pinned.Documents)
	for url, text := range texts {
		url = withoutUser(url)
		pinned.Pins = append(pinned.Pins, Pin{URL: url, File: fileOf(url), SHA256: hashOf(text), Size: len(text)})
	}
	slices.SortFunc(pinned.Pins, func(a, b Pin) int { return cmp.Or(strings.Compare(a.URL, b.URL), strings.Compare(a.SHA256, b.SHA256)) })
	pinned.Pins = slices.CompactFunc(pinned.Pins, func(a, b Pin) bool { return a.URL == b.URL })
	if len(pinned.Pins) > maxPins {
		return nil, fmt.Errorf("there are more than %d texts to pin, which is the limit", maxPins)
	}
	return pinned, nil
}

// relative returns the path of a document from a folder, with slashes.
func relative(folder, document string) (string, error) {
	from, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	to, err := filepath.Abs(document)
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(from, to)
	if err != nil || !filepath.IsLocal(rel) {
		return "", fmt.Errorf("%s is not in %s, the folder of the lock file", document, folder)
	}
	return filepath.ToSlash(rel), nil
}

// Paths returns the documents as paths that [Find] takes.
func (f *File) Paths() (paths []string) {
	for _, document := range f.Documents {
		if !location.IsURL(document) {
			document = filepath.Join(filepath.Dir(f.Path), filepath.FromSlash(document))
		}
		paths = append(paths, document)
	}
	return paths
}

// A Change is how two lock files differ in one URL.
type Change struct {
	URL      string
	Old, New Pin // of which one may be zero
}

// Changes returns how another lock file differs in what it pins, by URL.
func (f *File) Changes(other *File) (changes []Change) {
	by := map[string]*Change{}
	at := func(url string) *Change {
		if by[url] == nil {
			by[url] = &Change{URL: url}
		}
		return by[url]
	}
	for _, pin := range f.Pins {
		at(pin.URL).Old = pin
	}
	for _, pin := range other.Pins {
		at(pin.URL).New = pin
	}
	for _, change := range by {
		if !strings.EqualFold(change.Old.SHA256, change.New.SHA256) {
			changes = append(changes, *change)
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.URL, b.URL) })
	return changes
}

// attributes keep Git from changing the ends of lines, and so the hashes.
const attributes = "* -text\n"

// Write writes what [File.Pin] has returned, with the texts that it was given: first
// the texts, each whole or not at all, and then the lock file. At last it removes
// the texts of the lock file before (nil: there is none) that are no longer pinned.
// No file outside the lock file's folder is written, links included.
func (f *File) Write(texts map[string][]byte, before *File) error {
	root, err := os.OpenRoot(filepath.Dir(f.Path))
	if err != nil {
		return err
	}
	defer root.Close()
	kept := map[string]bool{}
	for url, text := range texts {
		pin, pinned := f.Pinned(url)
		if !pinned || hashOf(text) != pin.SHA256 {
			continue
		}
		kept[pin.File] = true
		if err := replace(root, pin.File, text); err != nil {
			return err
		}
	}
	if len(f.Pins) > 0 {
		if err := replace(root, Folder+"/.gitattributes", []byte(attributes)); err != nil {
			return err
		}
	}
	c := content{Version: version, Documents: f.Documents, Pins: f.Pins}
	if c.Pins == nil {
		c.Pins = []Pin{}
	}
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	if err := replace(root, Name, append(data, '\n')); err != nil || before == nil {
		return err
	}
	for _, pin := range before.Pins {
		if !kept[pin.File] {
			if err := root.Remove(filepath.FromSlash(pin.File)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			_ = root.Remove(filepath.FromSlash(path.Dir(pin.File))) // the folder of a host, if nothing is left in it
		}
	}
	return nil
}

// replace writes a file of a folder, whole or not at all, unless it has the content.
func replace(root *os.Root, name string, data []byte) error {
	name = filepath.FromSlash(name)
	if info, err := root.Lstat(name); err == nil && info.Mode().IsRegular() && info.Size() == int64(len(data)) {
		if old, err := root.ReadFile(name); err == nil && bytes.Equal(old, data) {
			return nil
		}
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	beside := fmt.Sprintf("%s.%d.tmp", name, os.Getpid())
	_ = root.Remove(beside) // of a process that was killed
	file, err := root.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = root.Rename(beside, name)
	}
	if err != nil {
		return errors.Join(err, root.Remove(beside))
	}
	return nil
}

func hashOf(text []byte) string {
	hash := sha256.Sum256(text)
	return hex.EncodeToString(hash[:])
}

func withoutUser(text string) string {
	text = location.Clean(text)
	if u, err := url.Parse(text); err == nil && u.User != nil {
		u.User = nil
		return u.String()
	}
	return text
}

// fileOf returns the file for the text at a URL: a folder for the host, and the path
// with _ for /. A hash is added where this is not the one URL that has the name, on
// every file system.
func fileOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return path.Join(Folder, hashOf([]byte(text)))
	}
	plain := u.Scheme == "https" && u.RawQuery == "" && !strings.Contains(u.Path, "_") && len(u.Path) <= 100
	name := func(text, kept string) string {
		return strings.Map(func(r rune) rune {
			if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune(kept, r) {
				return r
			}
			plain = plain && r == '/'
			return '_'
		}, text)
	}
	host, file := name(u.Host, ".-"), name(strings.TrimPrefix(u.Path, "/"), ".-")
	if len(host) > 100 {
		host, plain = host[:100], false
	}
	plain = plain && file != "" && file[0] != '.' && file[len(file)-1] != '.' && filepath.IsLocal(file)
	if host = strings.Trim(host, "."); host == "" {
		host, plain = "_", false
	}
	if !plain {
		ext := path.Ext(file)
		if len(ext) > 10 {
			ext = ""
		}
		stem := strings.Trim(file[:len(file)-len(ext)], ".")
		file = stem[:min(len(stem), 100)] + "-" + hashOf([]byte(text))[:16] + ext
	}
	return path.Join(Folder, host, file)
}
