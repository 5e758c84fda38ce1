package mock

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// preferences are what the header Prefer (RFC 7240) asks for.
type preferences struct {
	code    int    // the status; 0: none
	example string // the name of an example
	dynamic bool   // no example at all
}

// preferences reads them.
func (x *exchange) preferences() *problem {
	for part := range strings.FieldsFuncSeq(strings.Join(x.Header.Values("Prefer"), ","), func(r rune) bool { return r == ',' || r == ';' }) {
		name, text, _ := strings.Cut(part, "=")
		text = strings.Trim(strings.TrimSpace(text), `"`)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "code":
			n, err := strconv.Atoi(text)
			if err != nil || n < 200 || n > 599 {
				return newProblem(http.StatusBadRequest, fmt.Sprintf("the request prefers the status %q; one from 200 to 599 can be answered", text))
			}
			x.prefer.code = n
		case "example":
			x.prefer.example = text
		case "dynamic":
			x.prefer.dynamic = text != "false"
		}
	}
	if x.prefer.example == "" {
		return nil
	}
	status := x.prefer.code
	if status == 0 {
		status = statusOf(x.op)
	}
	var names []string
	if r := x.op.Response(status); r != nil {
		if media := x.acceptable(r); media != nil {
			for _, e := range r.NamedExamples(media) {
				names = append(names, e.Name)
			}
		}
	}
	if !slices.Contains(names, x.prefer.example) {
		has := "it declares none"
		if len(names) > 0 {
			has = "it declares " + strings.Join(names, ", ")
		}
		return newProblem(http.StatusBadRequest,
			fmt.Sprintf("the description has no example %q for the status %d; %s", x.prefer.example, status, has))
	}
	return nil
}
