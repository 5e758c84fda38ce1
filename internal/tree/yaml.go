package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// ParseYAML reads data as one YAML 1.2 document and resolves its scalars by the
// core schema: a date stays text, "yes" is a string, 0o17 a number (O16).
// Aliases are expanded within bounds. The error is a *SyntaxError.
func ParseYAML(data []byte) (*Node, error) {
	if !utf8.Valid(data) {
		return nil, syntaxError(data, invalidByte(data), "invalid UTF-8")
	}
	most := maxNodes(data)
	if mayHold(data) > most/2 { // both trees are there at once
		return nil, &SyntaxError{1, 1, mayHoldTooMuch}
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if err == io.EOF {
			return nil, &SyntaxError{1, 1, "the document is empty"}
		}
		return nil, yamlError(err, data)
	}
	if err := dec.Decode(&second); err != io.EOF {
		if err != nil {
			return nil, yamlError(err, data)
		}
		return nil, &SyntaxError{second.Line, 1, "more than one YAML document in the file"}
	}
	c := yamlConverter{most: most, anchors: map[*yaml.Node]anchored{}}
	return c.node(doc.Content[0], 0)
}

// mayHoldTooMuch reports a text that the library does not get.
const mayHoldTooMuch = "the text is too large: its values may take more than 128 MiB of memory, and more than ten times the text"

// mayHold estimates an upper bound of the number of values and names in a text,
// within a few: the library has no limit.
func mayHold(data []byte) (values int) {
	for i, c := range data {
		switch c {
		case ',', '[', '{', '\n':
			values++
		case '-', '?', ':':
			if i+1 < len(data) && data[i+1] == ' ' {
				values++
			}
		}
	}
	return values
}

var yamlErrorLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(?s:(.*))$`)

// yamlParserProblem matches what yaml.v3's parser reports, with a line that
// counts from 0; its scanner counts from 1.
var yamlParserProblem = regexp.MustCompile(`^(did not find expected (<|node content|key|'-' indicator|',' or)|` +
	`found (duplicate %|incompatible YAML|undefined tag))`)

// yamlTab is what yaml.v3 reports for a tab at the beginning of a line.
const yamlTab = "found character that cannot start any token"

// notYAML begins the message for a text that the library cannot read.
const notYAML = "not YAML: "

// yamlError returns an error of yaml.v3 about a text, with the right line.
func yamlError(err error, data []byte) error {
	var typed *yaml.TypeError
	text := err.Error()
	if errors.As(err, &typed) && len(typed.Errors) > 0 {
		text = typed.Errors[0]
	}
	m := yamlErrorLine.FindStringSubmatch(text)
	line, _ := strconv.Atoi(m[1])
	if m[1] != "" && yamlParserProblem.MatchString(m[2]) {
		line++
	}
	line = max(line, 1)
	if lines := bytes.Split(data, []byte("\n")); m[2] == yamlTab && line <= len(lines) {
		text := lines[line-1]
		if indent := text[:len(text)-len(bytes.TrimLeft(text, " \t"))]; bytes.IndexByte(indent, '\t') >= 0 {
			return &SyntaxError{line, 1 + bytes.IndexByte(indent, '\t'), notYAML + "the line is indented with a tab; YAML requires spaces"}
		}
	}
	return &SyntaxError{line, 1, notYAML + m[2]}
}

type yamlConverter struct {
	most    int                     // nodes and names that may be made
	nodes   int                     // converted, including those that aliases repeat
	deepest int                     // the deepest level reached
	anchors map[*yaml.Node]anchored // the zero value while the anchored node is being read
}

// anchored is a node that aliases repeat, with its size.
type anchored struct {
	node  *Node
	nodes int // it and those below it
	depth int // the levels below it
}

// count bounds what a text expands to: what is read once is not copied, but
// counts each time, because a reader that walks it pays each time.
func (c *yamlConverter) count(y *yaml.Node, nodes int) error {
	if c.nodes += nodes; c.nodes > c.most {
		return tooManyValues(y.Line, y.Column)
	}
	return nil
}

// enter bounds the nesting, including that of expanded aliases.
func (c *yamlConverter) enter(y *yaml.Node, depth int) error {
	if c.deepest = max(c.deepest, depth); depth > maxDepth {
		return &SyntaxError{y.Line, y.Column, "nested more than 1,000 levels deep"}
	}
	return nil
}

func (c *yamlConverter) node(y *yaml.Node, depth int) (*Node, error) {
	switch {
	case y.Kind == yaml.AliasNode:
		return c.alias(y, depth)
	case y.Anchor == "":
		return c.convert(y, depth)
	}
	c.anchors[y] = anchored{}
	nodes, deepest := c.nodes, c.deepest
	c.deepest = depth
	n, err := c.convert(y, depth)
	c.anchors[y] = anchored{n, c.nodes - nodes, c.deepest - depth}
	c.deepest = max(c.deepest, deepest)
	return n, err
}

func (c *yamlConverter) alias(y *yaml.Node, depth int) (*Node, error) {
	a := c.anchors[y.Alias]
	if a.node == nil {
		return nil, &SyntaxError{y.Line, y.Column, fmt.Sprintf("the alias *%s is inside its own anchor", y.Value)}
	}
	if err := c.enter(y, depth+a.depth); err != nil {
		return nil, err
	}
	return a.node, c.count(y, a.nodes)
}

func (c *yamlConverter) convert(y *yaml.Node, depth int) (*Node, error) {
	if err := c.enter(y, depth); err != nil {
		return nil, err
	}
	if err := c.count(y, 1); err != nil {
		return nil, err
	}
	n := &Node{Line: y.Line, Column: y.Column}
	var err error
	switch y.Kind {
	case yaml.ScalarNode:
		err = n.scalar(y)
	case yaml.SequenceNode:
		err = c.sequence(n, y, depth)
	case yaml.MappingNode:
		err = c.mapping(n, y, depth)
	}
	return n, err
}

// collectionTag rejects a tag that changes the type of a collection, such as
// !!set on a mapping.
func collectionTag(y *yaml.Node, tag, kind string) error {
	if y.Style&yaml.TaggedStyle == 0 || y.Tag == tag {
		return nil
	}
	return &SyntaxError{y.Line, y.Column, fmt.Sprintf("the tag %s does not fit %s here; tags are limited to the JSON schema's", y.Tag,
		kind)}
}

func (c *yamlConverter) sequence(n *Node, y *yaml.Node, depth int) error {
	if err := collectionTag(y, "!!seq", "a sequence"); err != nil {
		return err
	}
	n.Kind = Array
	n.Items = make([]*Node, len(y.Content))
	for i, item := range y.Content {
		var err error
		if n.Items[i], err = c.node(item, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (c *yamlConverter) mapping(n *Node, y *yaml.Node, depth int) error {
	if err := collectionTag(y, "!!map", "a mapping"); err != nil {
		return err
	}
	n.Kind = Object
	n.Members = make([]Member, 0, len(y.Content)/2)
	var merge, merged *yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, content := y.Content[i], y.Content[i+1]
		if isMerge(key) {
			if merge != nil {
				return duplicateKey(key.Line, key.Column, mergeKey, merge.Line)
			}
			merge, merged = key, content
			continue
		}
		name, err := c.key(key, depth)
		if err != nil {
			return err
		}
		c.nodes++ // the name
		v, err := c.node(content, depth+1)
		if err != nil {
			return err
		}
		n.Members = append(n.Members, Member{Name: name, Line: key.Line, Column: key.Column, Value: v})
	}
	if err := n.finish(); err != nil || merge == nil {
		return err
	}
	return c.merge(n, merged, depth)
}

// key reads a mapping's key, which is the text of any scalar: 200 is "200". Its
// tag must fit, and its anchor names the scalar, as for a value.
func (c *yamlConverter) key(y *yaml.Node, depth int) (string, error) {
	if y.Kind == yaml.AliasNode {
		y = y.Alias
	}
	if y.Kind != yaml.ScalarNode {
		return "", &SyntaxError{y.Line, y.Column, "a key must be a string"}
	}
	if y.Anchor != "" || y.Style&yaml.TaggedStyle != 0 {
		if _, err := c.node(y, depth+1); err != nil {
			return "", err
		}
	}
	return y.Value, nil
}

// The scalars of the YAML 1.2 core schema (§10.3.2).
var (
	coreNull  = map[string]bool{"": true, "~": true, "null": true, "Null": true, "NULL": true}
	coreBool  = map[string]string{"true": "true", "True": "true", "TRUE": "true", "false": "false", "False": "false", "FALSE": "false"}
	coreInt   = regexp.MustCompile(`^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$`)
	coreFloat = regexp.MustCompile(`^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$`)
	coreNaN   = regexp.MustCompile(`^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
)

func (n *Node) scalar(y *yaml.Node) error {
	plain := y.Style&^(yaml.TaggedStyle|yaml.FlowStyle) == 0
	tagged := y.Style&yaml.TaggedStyle != 0
	kind, text := String, y.Value
	if plain || tagged {
		kind, text = resolveCore(y.Value)
	}
	if tagged {
		want, ok := taggedKinds[y.Tag]
		if !ok || want != kind && want != String {
			return &SyntaxError{y.Line, y.Column, fmt.Sprintf("the tag %s does not fit %q here; tags are limited to the JSON schema's",
				y.Tag, y.Value)}
		}
		if want == String {
			kind, text = String, y.Value
		}
	}
	if kind == Number && text == "" {
		return n.notJSON(y.Value)
	}
	n.Kind, n.Text = kind, text
	return nil
}

func (n *Node) notJSON(number string) error {
	return &SyntaxError{n.Line, n.Column, fmt.Sprintf("%s is not a JSON number", number)}
}

var taggedKinds = map[string]Kind{"!!str": String, "!": String, "!!null": Null, "!!bool": Bool, "!!int": Number, "!!float": Number}

// resolveCore returns the type and text of a plain scalar. The text is empty
// for a number that JSON does not have (.inf, .nan).
func resolveCore(s string) (Kind, string) {
	switch {
	case coreNull[s]:
		return Null, ""
	case coreBool[s] != "":
		return Bool, coreBool[s]
	case strings.IndexByte("+-.0123456789", s[0]) < 0:
	case coreInt.MatchString(s):
		return Number, jsonInteger(s)
	case coreFloat.MatchString(s):
		return Number, jsonFloat(s)
	case coreNaN.MatchString(s):
		return Number, ""
	}
	return String, s
}

func jsonInteger(s string) string {
	base := 10
	if len(s) > 2 && (s[1] == 'o' || s[1] == 'x') {
		base = map[byte]int{'o': 8, 'x': 16}[s[1]]
		i, _ := new(big.Int).SetString(s[2:], base)
		return i.String()
	}
	sign := ""
	if s[0] == '-' || s[0] == '+' {
		sign, s = strings.TrimPrefix(s[:1], "+"), s[1:]
	}
	if s = strings.TrimLeft(s, "0"); s == "" {
		s = "0"
	}
	return sign + s
}

// jsonFloat adds the digits that JSON requires on both sides of the point.
func jsonFloat(s string) string {
	exponent := ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		s, exponent = s[:i], s[i:]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	if whole == "" || whole == "-" || whole == "+" {
		whole += "0"
	}
	if fraction == "" {
		fraction = "0"
	}
	return jsonInteger(whole) + "." + fraction + exponent
}
