package check

import (
	"bytes"
	"io"
	"os"
	"regexp"
)

// head is how much of a file is read to see whether it is an Arazzo document.
const head = 16 << 10

// sniff reports whether a file begins as an Arazzo document.
func sniff(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, head))
	return err == nil && begins(data)
}

// begins reports whether a text begins as an Arazzo document: as an object with the
// key arazzo. The text may be cut off, and need not be right after that key: a
// document with an error in its syntax is to be checked, too. A text that only quotes
// a document, such as a page of documentation, does not begin as one.
func begins(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	for first := true; len(text) > 0; {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		line = bytes.TrimRight(line, " \t\r")
		switch {
		case len(line) == 0 || line[0] == '#' || line[0] == ' ' || line[0] == '\t':
			// It says nothing, unless it is the first line of an object in braces.
			if content := bytes.TrimLeft(line, " \t"); first && len(content) > 0 && content[0] == '{' {
				return beginsInBraces(bytes.TrimLeft(text, " \t"))
			}
		case first && line[0] == '{':
			return beginsInBraces(text)
		case first && (line[0] == '%' || string(line) == "---"):
		case versionKey.Match(line):
			return true
		case anyKey.Match(line), !first && partOfValue.Match(line):
			first = false
		default:
			return false
		}
		text = rest
	}
	return false
}

// What a line of an object in YAML's block style begins with, if it is not indented.
var (
	versionKey  = regexp.MustCompile(`^(?:arazzo|'arazzo'|"arazzo")\s*:(?:\s|$)`)
	anyKey      = regexp.MustCompile(`^(?:[\pL\pN_$./-][^:]*|'[^']*'|"[^"]*")\s*:(?:\s|$)`)
	partOfValue = regexp.MustCompile(`^(?:-(?:\s|$)|[]}])`)
)

// bracedKey is the key arazzo after a brace or a comma.
var bracedKey = regexp.MustCompile(`^(?:"arazzo"\s*:|'arazzo'\s*:|arazzo\s*:(?:\s|$))`)

// beginsInBraces is begins for an object in braces, JSON or YAML.
func beginsInBraces(text []byte) bool {
	depth := 0
	last := byte(0) // before white space
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' {
			continue
		}
		starts := bytes.IndexByte([]byte("{[,:"), last) >= 0 // a key or a value
		switch {
		case depth == 1 && (last == '{' || last == ',') && bracedKey.Match(text[i:]):
			return true
		case starts && (c == '"' || c == '\''):
			for i++; i < len(text) && text[i] != c; i++ {
				if text[i] == '\\' && c == '"' {
					i++
				}
			}
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return false
			}
		}
		last = c
	}
	return false
}
