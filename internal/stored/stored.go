// Package stored holds the values of a run in the form in which a snapshot stores
// them: JSON, with what JSON itself cannot express.
package stored

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// Nothing is in place of an output that found nothing, of a step or workflow that
// succeeded: null where it is shown, missing where it is read (F2).
type Nothing struct{}

// Known reports whether an output has a value, or nothing in place of one.
func Known(found *value.Found) bool { return found.OK || found.V == any(Nothing{}) }

// WithNulls returns outputs as a result or an event has them: null for nothing.
func (o Object) WithNulls() Object {
	shown := maps.Clone(o)
	for name, v := range shown {
		if v == any(Nothing{}) {
			shown[name] = nil
		}
	}
	return shown
}

// A Value is a JSON value in a snapshot, with what JSON itself cannot express: the
// bytes of a body, and a float64 whose value is an integer.
type Value struct {
	V   any
	Set bool // V is there, even if nil
}

// IsZero reports whether there is no value.
func (b Value) IsZero() bool { return !b.Set }

// MarshalJSON implements json.Marshaler.
func (b Value) MarshalJSON() ([]byte, error) { return b.Append(nil), nil }

// Append appends the value as MarshalJSON returns it.
func (b Value) Append(dst []byte) []byte { return value.AppendJSON(dst, box(b.V)) }

// UnmarshalJSON implements json.Unmarshaler.
func (b *Value) UnmarshalJSON(data []byte) error {
	v, err := value.Decode(data)
	if err != nil {
		return err
	}
	b.V, b.Set = unbox(v), true
	return nil
}

// An Object is a JSON object in a snapshot. A member may be nothing: outputs have that.
type Object map[string]any

// MarshalJSON implements json.Marshaler.
func (o Object) MarshalJSON() ([]byte, error) { return o.Append(nil), nil }

// Append appends the object as MarshalJSON returns it.
func (o Object) Append(dst []byte) []byte {
	if o == nil {
		return append(dst, "null"...)
	}
	names := make([]string, 0, 8)
	for name := range o {
		names = append(names, name)
	}
	slices.Sort(names)
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(value.AppendString(dst, name), ':')
		dst = value.AppendJSON(dst, box(o[name]))
	}
	return append(dst, '}')
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *Object) UnmarshalJSON(data []byte) error {
	v, err := value.Decode(data)
	if err != nil {
		return err
	}
	members, ok := v.(map[string]any)
	if v == nil {
		*o = nil
		return nil
	}
	if !ok {
		return errors.New("an object is expected")
	}
	for name, v := range members {
		if m, ok := v.(map[string]any); ok && len(m) == 1 && m[boxNone] == true {
			members[name] = Nothing{}
			continue
		}
		members[name] = unbox(v)
	}
	*o = members
	return nil
}

// IsJSON reports whether no member is nothing.
func (o Object) IsJSON() bool {
	for _, v := range o {
		if v == any(Nothing{}) {
			return false
		}
	}
	return true
}

const (
	boxBytes = "$bytes"
	boxMap   = "$object"
	boxNone  = "$nothing"
)

func box(v any) any {
	switch v := v.(type) {
	case Nothing:
		return map[string]any{boxNone: true}
	case []byte:
		return map[string]any{boxBytes: base64.StdEncoding.EncodeToString(v)}
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e21 {
			return json.Number(string(value.AppendJSON(nil, v)) + ".0")
		}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = box(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name := range v {
			out[name] = box(v[name])
		}
		_, bytes := out[boxBytes]
		_, object := out[boxMap]
		_, none := out[boxNone]
		if len(out) == 1 && (bytes || object || none) {
			return map[string]any{boxMap: out}
		}
		return out
	case Object:
		return box(map[string]any(v))
	}
	return v
}

func unbox(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = unbox(v[i])
		}
	case map[string]any:
		if len(v) == 1 {
			if text, ok := v[boxBytes].(string); ok {
				if b, err := base64.StdEncoding.DecodeString(text); err == nil {
					return b
				}
			}
			if inner, ok := v[boxMap].(map[string]any); ok {
				v = inner
			}
		}
		for name := range v {
			v[name] = unbox(v[name])
		}
		return v
	}
	return v
}
