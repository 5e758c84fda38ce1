package attack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// mostCommands is how far a run goes that was restored from a changed snapshot.
const mostCommands = 60

// In place of each value of a snapshot, a document or a description come these.
var replacements = []any{nil, true, int64(0), int64(-1), int64(7), int64(1 << 62), 1.5, jsonNumber("1e999999999"), "", "text",
	"$inputs.n", "9999-12-31T23:59:59Z", strings.Repeat("a", 10_000), []any{}, map[string]any{}, []any{nil}, []any{[]any{[]any{}}},
	map[string]any{"": nil}, map[string]any{"$nothing": true}, map[string]any{"$bytes": "AAAA"}}

// TestSnapshots changes every place of snapshots of real runs, and swaps places
// that are alike. Each is refused, or runs on: it is told to be no snapshot, or
// the run comes to an end whose result is there, and can be stored again.
func TestSnapshots(t *testing.T) {
	p := compiled(t, wholeDocument, wholeDescription)
	var tried int
	for n, snapshot := range snapshots(t, p) {
		stored, err := value.Decode(snapshot)
		if err != nil {
			t.Fatal(err)
		}
		if !all() && n%9 != 0 {
			continue
		}
		places := placesOf(stored)
		try := func(what string, changed any) {
			tried++
			if err := restored(p, value.AppendJSON(nil, changed)); err != nil {
				t.Errorf("snapshot %d, %s: %v", n, what, err)
			}
		}
		for i, at := range places {
			for _, r := range replacements {
				try(fmt.Sprintf("%v replaced by %s", at, shortened(string(value.AppendJSON(nil, r)))), with(stored, at, r))
			}
			try(fmt.Sprintf("%v removed", at), with(stored, at, gone{}))
			try(fmt.Sprintf("%v twice", at), with(stored, at, twice{}))
			for _, other := range places[i+1:] {
				if at[len(at)-1] == other[len(other)-1] { // the same member of two objects
					a, b := valueAt(stored, at), valueAt(stored, other)
					try(fmt.Sprintf("%v and %v swapped", at, other), with(with(stored, at, b), other, a))
				}
			}
		}
		text := string(snapshot)
		for _, changed := range []string{text + text, text + "x", text[:len(text)/2], text[1:], "", "null", "[]", `"` + text + `"`,
			strings.Replace(text, "{", `{"gobelin": 2, "gobelin": 1,`, 1), strings.Repeat("[", 1_000_000), strings.Repeat(`{"a":`, 1_000_000)} {
			tried++
			if err := restored(p, []byte(changed)); err != nil {
				t.Errorf("snapshot %d as %s: %v", n, shortened(changed), err)
			}
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d changed snapshots", tried)
}

// snapshots returns those of a run before each of its commands.
func snapshots(t *testing.T, p *runtime.Program) [][]byte {
	t.Helper()
	x, err := p.Begin("main", nil, runtime.Settings{MaxSteps: 50})
	if err != nil {
		t.Fatal(err)
	}
	var list [][]byte
	for n := range mostCommands {
		command := x.Next()
		snapshot, err := x.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, snapshot)
		if answered(x, command, n, said) {
			return list
		}
	}
	return list
}

// answered answers a command, and reports whether it was the last one.
func answered(x *runtime.Execution, command runtime.Command, n int, answer func(x *runtime.Execution, n int)) bool {
	switch command.(type) {
	case *runtime.Done:
		return true
	case *runtime.Wait:
		_ = x.Elapse()
	case *runtime.Send:
		answer(x, n)
	}
	return false
}

// said answers the n-th command with what a server may say.
func said(x *runtime.Execution, n int) {
	status := []int{200, 503, 200, 404}[n%4]
	header := map[string][]string{"Content-Type": {"application/json"}, "Retry-After": {"2"}}
	switch n % 5 {
	case 3:
		_ = x.Fail(errors.New("no network"))
	case 4:
		_ = x.Respond(&runtime.Response{Status: status, Body: []byte("\xff\x00")})
	default:
		_ = x.Respond(&runtime.Response{Status: status, Header: header, Body: []byte(`{"v": 1.0, "more": true, "list": [1, {"a": "b"}]}`)})
	}
}

// restored runs from a snapshot, unless it is refused. The error is of what must
// never be.
func restored(p *runtime.Program, snapshot []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	x, refused := p.Restore(snapshot)
	if refused != nil {
		if text := refused.Error(); !strings.Contains(text, "snapshot") || len(text) > mostText {
			return fmt.Errorf("refused by %s", shortened(text))
		}
		return nil
	}
	x.Observe(func(runtime.Event) {})
	for n := range mostCommands {
		command := x.Next()
		if n == 0 || n == mostCommands-1 {
			again, err := x.Snapshot()
			if err != nil {
				return fmt.Errorf("it cannot be stored again: %w", err)
			}
			if _, err := p.Restore(again); err != nil {
				return fmt.Errorf("stored again it is refused: %w", err)
			}
		}
		if answered(x, command, n, said) {
			if command.(*runtime.Done).Result == nil {
				return errors.New("the result is lost")
			}
			return nil
		}
	}
	x.Cancel(context.Canceled)
	if done, ok := x.Next().(*runtime.Done); !ok || done.Result == nil {
		return errors.New("it cannot be canceled")
	}
	return nil
}

type (
	gone  struct{} // in place of a value that is removed
	twice struct{} // in place of one that is repeated after itself
)

// placesOf returns the paths of all values below v: member names and indexes.
func placesOf(v any) [][]any {
	var list [][]any
	var walk func(v any, path []any)
	walk = func(v any, path []any) {
		if len(path) > 0 {
			list = append(list, slices.Clone(path))
		}
		switch v := v.(type) {
		case []any:
			for i := range v {
				walk(v[i], append(path, i))
			}
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				walk(v[name], append(path, name))
			}
		}
	}
	walk(v, nil)
	return list
}

func valueAt(v any, path []any) any {
	for _, token := range path {
		if i, ok := token.(int); ok {
			v = v.([]any)[i]
		} else {
			v = v.(map[string]any)[token.(string)]
		}
	}
	return v
}

// with returns v with another value at a path. v stays as it is.
func with(v any, path []any, other any) any {
	if len(path) == 0 {
		return other
	}
	if i, ok := path[0].(int); ok {
		list, isList := v.([]any)
		if !isList || i >= len(list) {
			return v // what is there came from the other side of a swap
		}
		switch child := with(list[i], path[1:], other); child.(type) {
		case gone:
			return slices.Delete(slices.Clone(list), i, i+1)
		case twice:
			return slices.Insert(slices.Clone(list), i, list[i])
		default:
			list = slices.Clone(list)
			list[i] = child
			return list
		}
	}
	members, isObject := v.(map[string]any)
	name := path[0].(string)
	if !isObject {
		return v
	}
	members = maps.Clone(members)
	switch child := with(members[name], path[1:], other); child.(type) {
	case gone:
		delete(members, name)
	case twice:
		members[name+"2"] = members[name]
	default:
		members[name] = child
	}
	return members
}
