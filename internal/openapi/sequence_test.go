package openapi

import (
	"bytes"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// A text of few bytes must not take gigabytes, in however many records it is.
func TestSequencesHaveABound(t *testing.T) {
	if testing.Short() {
		t.Skip("reads millions of values")
	}
	for mediaType, record := range map[string]string{
		"application/x-ndjson": "{}\n", "application/json-seq": "\x1e{}", "text/event-stream": "data\n\n",
	} {
		body := bytes.Repeat([]byte(record), 1_800_000)
		if v, note, _ := DecodeBody(mediaType, body); !strings.Contains(note, value.ErrRoom.Error()) {
			t.Errorf("%s: %T, %q", mediaType, v, note)
		}
		body = bytes.Repeat([]byte(record), 1000)
		if v, note, _ := DecodeBody(mediaType, body); note != "" || len(v.([]any)) != 1000 {
			t.Errorf("%s: %T, %q", mediaType, v, note)
		}
	}
}
