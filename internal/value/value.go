// Package value defines JSON values for every evaluator in this module.
//
// A value is nil, bool, string, int64, float64, json.Number (a number that
// neither int64 nor float64 holds exactly), []any or map[string]any; a body
// that is not text is []byte. Missing is a separate ok, never nil.
package value

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Decode reads data as exactly one JSON text (RFC 8259). Empty input, invalid
// UTF-8, trailing data, nesting beyond 10,000 levels and values without [Room] are
// errors.
func Decode(data []byte) (any, error) {
	room := RoomFor(len(data))
	return room.Decode(data)
}

// decodeSlowly is Decode with encoding/json: it reports what is wrong with a
// text.
func decodeSlowly(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("invalid UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		if err == io.EOF {
			return nil, errors.New("empty input is not JSON")
		}
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("more than one JSON value")
	}
	return normalize(v), nil
}

func normalize(v any) any {
	switch v := v.(type) {
	case json.Number:
		return Number(string(v))
	case []any:
		for i := range v {
			v[i] = normalize(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = normalize(v[k])
		}
	}
	return v
}

// Number returns the number that text, in JSON syntax, denotes: an int64 if it
// is an integer that fits, else a float64 if that is exact, else a json.Number
// with the original digits (E10).
func Number(text string) any {
	if !strings.ContainsAny(text, ".eE") {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			if i == 0 && text[0] == '-' {
				return math.Copysign(0, -1)
			}
			return i
		}
		return json.Number(text)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err == nil && (digits(text) <= 15 && math.Abs(f) > 1e-290 ||
		newDecimal(text).compare(newDecimal(strconv.FormatFloat(f, 'g', -1, 64))) == 0) {
		return f
	}
	return json.Number(text)
}

// digits counts the digits of the mantissa; up to 15 survive float64.
func digits(text string) int {
	n := 0
	for i := 0; i < len(text) && text[i] != 'e' && text[i] != 'E'; i++ {
		if text[i] >= '0' && text[i] <= '9' {
			n++
		}
	}
	return n
}

// IsNumber reports whether v is one of the number types.
func IsNumber(v any) bool {
	switch v.(type) {
	case int64, float64, json.Number:
		return true
	}
	return false
}

func numberText(v any) string {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case json.Number:
		return string(v)
	}
	return ""
}

// Equal reports whether a and b are the same JSON value: numbers by their
// mathematical value, objects without regard to order.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case bool:
		y, ok := b.(bool)
		return ok && a == y
	case string:
		y, ok := b.(string)
		return ok && a == y
	case []byte:
		y, ok := b.([]byte)
		return ok && bytes.Equal(a, y)
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(a, y, Equal)
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(a) != len(y) {
			return false
		}
		for k, v := range a {
			w, ok := y[k]
			if !ok || !Equal(v, w) {
				return false
			}
		}
		return true
	}
	return IsNumber(a) && IsNumber(b) && CompareNumbers(a, b) == 0
}

// ParseNumber reads text as a JSON number, without white space.
func ParseNumber(text string) (any, bool) {
	if text == "" || kinds[text[0]] != numberByte || ScanNumber([]byte(text), 0) != len(text) {
		return nil, false
	}
	return Number(text), true
}

// Text returns v as text: a string as it is; bytes as they are if they are
// UTF-8, else in base64; everything else as JSON.
func Text(v any) string { return TextOrdered(v, nil) }

// TextOrdered is [Text] with the members of objects in an order.
func TextOrdered(v any, o *Order) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		if utf8.Valid(v) {
			return string(v)
		}
		return base64.StdEncoding.EncodeToString(v)
	}
	return string(AppendOrdered(nil, v, o))
}

// AppendJSON appends v as JSON: members sorted by name, no HTML escapes,
// numbers with their original digits, bytes as base64 text. A value that is not
// of this package is converted by [From], and is null if that fails.
func AppendJSON(dst []byte, v any) []byte { return AppendOrdered(dst, v, nil) }

// AppendOrdered is [AppendJSON] with the members of objects in an order.
func AppendOrdered(dst []byte, v any, o *Order) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case string:
		return AppendString(dst, v)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return append(dst, "null"...)
		}
		return appendFloat(dst, v)
	case json.Number:
		return append(dst, v...)
	case []byte:
		return AppendString(dst, base64.StdEncoding.EncodeToString(v))
	case []any:
		dst = append(dst, '[')
		for i, item := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendOrdered(dst, item, o.At(i))
		}
		return append(dst, ']')
	case map[string]any:
		return appendObject(dst, v, o)
	}
	converted, err := From(v)
	if err != nil {
		return append(dst, "null"...)
	}
	return AppendOrdered(dst, converted, o)
}

func appendObject(dst []byte, v map[string]any, o *Order) []byte {
	dst = append(dst, '{')
	start := len(dst)
	o.Each(v, func(name string, member any, inside *Order) {
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, name), ':')
		dst = AppendOrdered(dst, member, inside)
	})
	return append(dst, '}')
}

// appendFloat writes integers up to 2^63 without an exponent, as JSON readers
// expect.
func appendFloat(dst []byte, f float64) []byte {
	if f == math.Trunc(f) && math.Abs(f) < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

const hex = "0123456789abcdef"

// AppendString appends s as a JSON string. Invalid UTF-8 becomes U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	plain := 0 // where the text begins that is not yet copied
	for i := 0; i < len(s); {
		c, size := s[i], 1
		if c >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		} else if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = appendEscaped(append(dst, s[plain:i]...), c)
		i++
		plain = i
	}
	return append(append(dst, s[plain:]...), '"')
}

// appendEscaped appends a byte that a JSON string cannot contain as it is.
func appendEscaped(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	if c >= utf8.RuneSelf {
		return utf8.AppendRune(dst, utf8.RuneError)
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// IsPlain reports whether a value consists only of this package's types, so
// that [From] would return an equal one.
func IsPlain(v any) bool { return isPlain(v, 0) }

func isPlain(v any, depth int) bool {
	if depth > maxDepth {
		return false
	}
	switch v := v.(type) {
	case nil, bool, string, int64, []byte:
		return true
	case float64:
		return !math.IsNaN(v) && !math.IsInf(v, 0)
	case json.Number:
		_, ok := ParseNumber(string(v))
		return ok
	case []any:
		for _, item := range v {
			if !isPlain(item, depth+1) {
				return false
			}
		}
		return true
	case map[string]any:
		for _, member := range v {
			if !isPlain(member, depth+1) {
				return false
			}
		}
		return true
	}
	return false
}

// From converts Go values that stand for JSON values (integers of every size,
// maps and slices of other types, structs with json tags) to this package's
// types. A value that contains itself is an error, as is one nested beyond
// 10,000 levels.
func From(v any) (any, error) { return from(v, 0) }

func from(v any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errors.New("the value contains itself, or is nested beyond 10,000 levels")
	}
	switch v := v.(type) {
	case nil, bool, string, int64, []byte:
		return v, nil
	case int:
		return int64(v), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%v is not a JSON number", v)
		}
		return v, nil
	case json.Number:
		n, ok := ParseNumber(string(v))
		if !ok {
			return nil, errors.New("the text of a json.Number is not a JSON number") // which may be a secret
		}
		return n, nil
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			var err error
			if out[i], err = from(item, depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, item := range v {
			var err error
			if out[name], err = from(item, depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return Decode(data)
}

// InStringAfter follows JSON strings through a piece of text: it reports
// whether its end is inside a string.
func InStringAfter(inString bool, text string) bool {
	for i := 0; i < len(text); i++ {
		switch {
		case inString && text[i] == '\\':
			i++
		case text[i] == '"':
			inString = !inString
		}
	}
	return inString
}
