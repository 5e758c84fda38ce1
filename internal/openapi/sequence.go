package openapi

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// Sequential media types hold one value after the other. They are the items of an
// array (OpenAPI 3.2, Sequential Media Types).

// recordSeparator begins each text of a JSON text sequence (RFC 7464).
const recordSeparator = 0x1e

var lineTypes = []string{"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonl", "application/jsonlines",
	"application/x-jsonlines", "application/json-lines", "text/x-ndjson", "text/ndjson", "text/jsonl"}

// IsSequence reports whether a media type is one of JSON values in a row: one a line,
// or a JSON text sequence.
func IsSequence(mediaType string) bool {
	return strings.Contains(mediaType, "json") && (isTextSequence(mediaType) || slices.Contains(lineTypes, baseType(mediaType)))
}

func isTextSequence(mediaType string) bool {
	t := baseType(mediaType)
	return t == "application/json-seq" || strings.HasSuffix(t, "+json-seq")
}

// IsEvents reports whether a media type is that of server-sent events.
func IsEvents(mediaType string) bool { return baseType(mediaType) == "text/event-stream" }

// encodeSequence writes one record for each item; what is no array is one record.
// Text is sent as it is.
func encodeSequence(mediaType string, v Value) (body []byte) {
	if text, ok := v.V.(string); ok {
		return []byte(text)
	}
	items, isArray := v.V.([]any)
	if !isArray {
		items = []any{v.V}
		v.Order = &value.Order{Inside: []*value.Order{v.Order}}
	}
	for i, item := range items {
		if isTextSequence(mediaType) {
			body = append(body, recordSeparator)
		}
		body = append(value.AppendOrdered(body, item, v.Order.At(i)), '\n')
	}
	return body
}

// decodeSequence reads JSON values in a row. Lines that are empty are none.
func decodeSequence(mediaType string, text []byte) (any, error) {
	separator, what := []byte("\n"), "line"
	if isTextSequence(mediaType) {
		separator, what = []byte{recordSeparator}, "record"
	}
	items := []any{}
	n, room := 0, value.RoomFor(len(text))
	for record := range bytes.SplitSeq(text, separator) {
		n++
		if len(bytes.TrimSpace(record)) == 0 {
			continue
		}
		v, err := room.Decode(record)
		switch {
		case errors.Is(err, value.ErrRoom):
			return nil, err
		case err != nil:
			return nil, fmt.Errorf("%s %d is not JSON: %w", what, n, err)
		}
		items = append(items, v)
	}
	return items, nil
}

// decodeEvents reads server-sent events as the HTML standard says (§9.2.6): an object
// each, with data, and event, id and retry where the event has them.
func decodeEvents(text string) ([]any, error) {
	events, room := []any{}, value.RoomFor(len(text))
	event, data := map[string]any{}, []string(nil)
	lines := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	for lines != "" {
		line, rest, ended := strings.Cut(lines, "\n")
		if lines = rest; !ended {
			break // an event that is not finished is none
		}
		if line == "" {
			if data != nil {
				event["data"] = strings.Join(data, "\n")
				events = append(events, event)
				if !room.TakeObject(len(event)) {
					return nil, value.ErrRoom
				}
			}
			event, data = map[string]any{}, nil
			continue
		}
		field, v, _ := strings.Cut(line, ":")
		v = strings.TrimPrefix(v, " ")
		switch {
		case field == "data":
			data = append(data, v)
		case field == "event", field == "id" && !strings.Contains(v, "\x00"):
			event[field] = v
		case field == "retry" && strings.Trim(v, "0123456789") == "" && v != "":
			if n, err := strconv.ParseInt(v, 10, 64); err == nil {
				event[field] = n
			}
		}
	}
	return events, nil
}
