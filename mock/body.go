package mock

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
)

// bodyOf reads the body of a request as a JSON value, nil if it says nothing of members. The
// names of a form may have brackets, as in "address[city]".
func bodyOf(contentType string, data []byte) any {
	switch {
	case len(data) == 0:
		return nil
	case openapi.IsForm(contentType):
		return nested(openapi.ParseForm(string(data)))
	case openapi.IsMultipart(contentType):
		return partsOf(contentType, data)
	case contentType == "" || openapi.IsJSON(contentType):
		v, _, _ := openapi.DecodeBody("application/json", data)
		if isCompound(v) {
			return v
		}
	}
	return nil
}

// maxParts bounds the parts of a body that are read.
const maxParts = 1000

func partsOf(contentType string, data []byte) any {
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil
	}
	out := map[string]any{}
	reader := multipart.NewReader(bytes.NewReader(data), parameters["boundary"])
	for range maxParts {
		part, err := reader.NextPart()
		if err != nil {
			break
		}
		text, _ := io.ReadAll(part) // of data, which is bounded
		switch {
		case part.FileName() != "":
		case openapi.IsJSON(part.Header.Get("Content-Type")):
			out[part.FormName()], _, _ = openapi.DecodeBody("application/json", text)
		default:
			out[part.FormName()] = string(text)
		}
	}
	return out
}

// nested makes objects of names with brackets.
func nested(form any) any {
	flat, is := form.(map[string]any)
	if !is {
		return form
	}
	out := map[string]any{}
	for name, v := range flat {
		first, rest, _ := strings.Cut(name, "[")
		at, key := out, first
		for rest != "" {
			token, after, closed := strings.Cut(rest, "]")
			if !closed || token == "" {
				break
			}
			inner, is := at[key].(map[string]any)
			if !is {
				inner = map[string]any{}
				at[key] = inner
			}
			at, key = inner, token
			rest = strings.TrimPrefix(after, "[")
		}
		at[key] = v
	}
	return out
}
