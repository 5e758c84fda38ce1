package conformance

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// scripted answers with the case's responses in order and records the requests,
// at either of its origins.
type scripted struct {
	mu            sync.Mutex
	script        []*tree.Node
	seen          []request
	server, other string // the URLs of its origins
}

type request struct {
	method, path, query string
	header              http.Header
	body                []byte
	other               bool // whether it came to the other origin
}

// open starts the server at both origins. It returns the case with their URLs
// in it, and a function that ends the server.
func (s *scripted) open(c *Case) (*Case, func()) {
	server, other := httptest.NewServer(s), httptest.NewServer(s)
	s.other = other.URL
	c = c.at(server.URL, other.URL)
	s.server, s.script = server.URL, repeated(c.root.Get("responses"))
	return c, func() { server.Close(); other.Close() }
}

func (r request) values() url.Values {
	values, _ := url.ParseQuery(r.query)
	return values
}

// repeated returns the items of a list, each repeated by its "times".
func repeated(list *tree.Node) []*tree.Node {
	if list == nil {
		return nil
	}
	var all []*tree.Node
	for _, item := range list.Items {
		times := int64(1)
		if n, ok := item.Get("times").Value().(int64); ok {
			times = n
		}
		for range times {
			all = append(all, item)
		}
	}
	return all
}

// note records a request and returns the response to it, or nil if there is
// none.
func (s *scripted) note(r *http.Request, body []byte) *tree.Node {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.seen)
	path, query, _ := strings.Cut(r.RequestURI, "?") // exactly as sent, unlike r.URL
	s.seen = append(s.seen, request{r.Method, path, query, r.Header, body, "http://"+r.Host == s.other})
	if n >= len(s.script) {
		return nil
	}
	return s.script[n]
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	answer := s.note(r, body)
	if answer == nil {
		w.WriteHeader(http.StatusNotImplemented)
		return
	}
	if answer.Get("hang").True() {
		<-r.Context().Done() // until the client has gone
		return
	}
	if answer.Get("drop").True() {
		panic(http.ErrAbortHandler)
	}
	if headers := answer.Get("headers"); headers != nil {
		for _, m := range headers.Members {
			values := []*tree.Node{m.Value}
			if m.Value.Kind == tree.Array {
				values = m.Value.Items
			}
			for _, v := range values {
				w.Header().Add(m.Name, v.Text)
			}
		}
	}
	text := answerBody(w.Header(), answer)
	status := http.StatusOK
	if given, ok := answer.Get("status").Value().(int64); ok {
		status = int(given)
	}
	w.WriteHeader(status)
	// A client that is gone is a matter of the case.
	_, _ = w.Write(text)
}

func answerBody(h http.Header, answer *tree.Node) []byte {
	var text []byte
	switch {
	case answer.Get("text") != nil:
		text = []byte(answer.Get("text").Text)
	case answer.Get("base64") != nil:
		// The schema of cases ensures that it is base64; otherwise the valid
		// part is sent.
		text, _ = base64.StdEncoding.DecodeString(answer.Get("base64").Text)
	case answer.Get("body") != nil:
		text = value.AppendJSON(nil, answer.Get("body").Value())
		if h.Get("Content-Type") == "" {
			h.Set("Content-Type", "application/json")
		}
	}
	if h.Get("Content-Type") == "" {
		h["Content-Type"] = nil // net/http would guess one
	}
	if n, ok := answer.Get("repeat").Value().(int64); ok {
		text = bytes.Repeat(text, int(n))
	}
	if h.Get("Content-Encoding") == "gzip" {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(text) // to memory: no error
		_ = z.Close()
		return b.Bytes()
	}
	return text
}
