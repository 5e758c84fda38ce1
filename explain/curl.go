package explain

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/runtime"
)

// mostInLine bounds a body in a command line, in bytes.
const mostInLine = 64 << 10

// Curl returns a command line for a POSIX shell that sends a request with curl. Secrets
// are variables that are named after where they are: $X_API_KEY for what was masked in
// the header X-Api-Key.
func Curl(e *runtime.RequestSent) string {
	words := []string{"curl"}
	add := func(parts ...string) { words = append(words, parts...) }
	switch {
	case e.Method == http.MethodHead:
		add("--head")
	case e.Method != http.MethodGet || len(e.Body) > 0:
		add("-X", quoted(e.Method, ""))
	}
	if strings.ContainsAny(e.URL, "[]{}") {
		add("--globoff")
	}
	if strings.Contains(e.URL, "/.") {
		add("--path-as-is")
	}
	for _, name := range slices.Sorted(maps.Keys(e.Header)) {
		for _, v := range e.Header[name] {
			switch {
			case name == "Accept" && v == "*/*":
				continue // so does curl
			case name == "Accept-Encoding" && v == "gzip":
				add("--compressed") // which decodes as well
				continue
			}
			field := name + ": " + v
			if v == "" {
				field = name + ";" // with a colon curl would leave it out
			}
			add("-H", quoted(field, name))
		}
	}
	if len(e.Body) > 0 && e.Header.Get("Content-Type") == "" {
		add("-H", "'Content-Type:'") // curl would add one
	}
	before := ""
	switch body := string(e.Body); {
	case body == "":
	case len(body) > mostInLine:
		add("--data-binary", "@FILE")
	case !utf8.ValidString(body) || strings.ContainsFunc(body, unicode.IsControl):
		before = printf(body)
		add("--data-binary", "@-")
	default:
		add("--data-raw", quoted(body, ""))
	}
	add(quoted(e.URL, ""))
	line := before + strings.Join(words, " ")
	if len(e.Body) > mostInLine {
		line += fmt.Sprintf(" # FILE has the %d bytes of the body", len(e.Body))
	}
	return line
}

// A name before a masked secret: the member of an object or the parameter of a query
// or form that it is the value of.
var named = regexp.MustCompile(`([\pL\pN_.\-]+)(?:"\s*:\s*"[^"]*|=[^&;=]*)$`)

// variable returns the name of the variable for a secret that follows a text.
func variable(before, otherwise string) string {
	name := otherwise
	if m := named.FindStringSubmatch(before); m != nil {
		name = m[1]
	}
	name = strings.ToUpper(strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '_'
	}, name))
	switch name = strings.Trim(name, "_"); {
	case name == "":
		return "SECRET"
	case name[0] >= '0' && name[0] <= '9':
		return "SECRET_" + name
	}
	return name
}

// masked are the spellings of a secret that was masked.
var masked = regexp.MustCompile(regexp.QuoteMeta(secret.Masked) + `|(?i:%2A%2A%2A)`)

// quoted writes a text as one word of a shell, with variables for masked secrets,
// which are named after name unless something before them is a better one.
func quoted(text, name string) string {
	var b strings.Builder
	piece := func(text string) {
		switch {
		case text == "":
		case plain.MatchString(text):
			b.WriteString(text)
		default:
			b.WriteString("'" + strings.ReplaceAll(text, "'", `'\''`) + "'")
		}
	}
	end := 0
	for _, at := range masked.FindAllStringIndex(text, -1) {
		piece(text[end:at[0]])
		b.WriteString(`"$` + variable(text[:at[0]], name) + `"`)
		end = at[1]
	}
	if piece(text[end:]); b.Len() == 0 {
		return "''"
	}
	return b.String()
}

// plain is what a shell takes as it is.
var plain = regexp.MustCompile(`^[A-Za-z0-9_@%+:,./\-]+$`)

// printf writes a command that prints any bytes, for a pipe.
func printf(body string) string {
	var format strings.Builder
	variables := ""
	end := 0
	piece := func(text string) {
		for i := 0; i < len(text); i++ {
			switch c := text[i]; {
			case c == '%':
				format.WriteString("%%")
			case c == '\\':
				format.WriteString(`\\`)
			case c == '\'':
				format.WriteString(`'\''`)
			case c == '\n':
				format.WriteString(`\n`)
			case c < ' ' || c >= 0x7f:
				fmt.Fprintf(&format, `\%03o`, c)
			default:
				format.WriteByte(c)
			}
		}
	}
	for _, at := range masked.FindAllStringIndex(body, -1) {
		piece(body[end:at[0]])
		format.WriteString("%s")
		variables += ` "$` + variable(body[:at[0]], "") + `"`
		end = at[1]
	}
	piece(body[end:])
	return "printf '" + format.String() + "'" + variables + " | "
}
