package view

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/arazzo"
)

// The objects of HAR 1.2. Sizes that are not known are -1, as are times that do not
// apply.
type (
	harPage struct {
		Started time.Time `json:"startedDateTime"`
		ID      string    `json:"id"`
		Title   string    `json:"title"`
		Timings struct{}  `json:"pageTimings"`
	}
	harEntry struct {
		Page       string      `json:"pageref"`
		Started    time.Time   `json:"startedDateTime"`
		Time       float64     `json:"time"`
		Request    harRequest  `json:"request"`
		Response   harResponse `json:"response"`
		Cache      struct{}    `json:"cache"`
		Timings    harTimings  `json:"timings"`
		Server     string      `json:"serverIPAddress,omitempty"`
		Connection string      `json:"connection,omitempty"`
		Comment    string      `json:"comment,omitempty"`
		Workflow   string      `json:"_workflowId"`
		Step       string      `json:"_stepId"`
		Visit      int         `json:"_visit"`
		Attempt    int         `json:"_attempt"`
		Error      string      `json:"_error,omitempty"`

		Diagnostics []arazzo.Diagnostic `json:"_diagnostics,omitempty"`
	}
	harRequest struct {
		Method      string      `json:"method"`
		URL         string      `json:"url"`
		Version     string      `json:"httpVersion"`
		Cookies     []harCookie `json:"cookies"`
		Headers     []harPair   `json:"headers"`
		Query       []harPair   `json:"queryString"`
		PostData    *harPost    `json:"postData,omitempty"`
		HeadersSize int         `json:"headersSize"`
		BodySize    int         `json:"bodySize"`
	}
	harResponse struct {
		Status      int         `json:"status"`
		StatusText  string      `json:"statusText"`
		Version     string      `json:"httpVersion"`
		Cookies     []harCookie `json:"cookies"`
		Headers     []harPair   `json:"headers"`
		Content     harContent  `json:"content"`
		Redirect    string      `json:"redirectURL"`
		HeadersSize int         `json:"headersSize"`
		BodySize    int         `json:"bodySize"`
	}
	harPair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	harCookie struct {
		Name     string     `json:"name"`
		Value    string     `json:"value"`
		Path     string     `json:"path,omitempty"`
		Domain   string     `json:"domain,omitempty"`
		Expires  *time.Time `json:"expires,omitempty"`
		HTTPOnly bool       `json:"httpOnly,omitempty"`
		Secure   bool       `json:"secure,omitempty"`
	}
	harPost struct {
		MimeType string    `json:"mimeType"`
		Params   []harPair `json:"params"` // none: the text has all
		Text     string    `json:"text"`
		Encoding string    `json:"_encoding,omitempty"` // that of the response has its place in HAR, not this one's
		Comment  string    `json:"comment,omitempty"`
	}
	harContent struct {
		Size     int    `json:"size"`
		MimeType string `json:"mimeType"`
		Text     string `json:"text"`
		Encoding string `json:"encoding,omitempty"`
		Comment  string `json:"comment,omitempty"`
	}
	harTimings struct {
		Blocked float64 `json:"blocked"`
		DNS     float64 `json:"dns"`
		Connect float64 `json:"connect"` // with SSL
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
		SSL     float64 `json:"ssl"`
	}
)

// har writes an archive as the runs end: entries first, pages after them.
type har struct {
	to    io.Writer
	begun bool
	tool  string
	pages []harPage
}

func newHAR(to io.Writer, a about) format { return &har{to: to, tool: a.tool} }

func (h *har) run(r *run) error {
	page := harPage{Started: stamp(r.began), ID: fmt.Sprintf("run_%d", r.index), Title: r.title()}
	h.pages = append(h.pages, page)
	for _, s := range r.steps {
		if s.sent == nil {
			continue
		}
		if err := h.next(newHAREntry(page.ID, r, s)); err != nil {
			return err
		}
	}
	return nil
}

func (h *har) next(e *harEntry) error {
	before := ",\n"
	if !h.begun {
		before, h.begun = `{"log":{"version":"1.2","entries":[`+"\n", true
	}
	return h.write(before, e)
}

// write writes a text and then a value.
func (h *har) write(before string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(h.to, before); err != nil {
		return err
	}
	_, err = h.to.Write(text)
	return err
}

func (h *har) close() error {
	before := "\n]," + `"creator":`
	if !h.begun {
		before = `{"log":{"version":"1.2","entries":[],"creator":`
	}
	name, version, _ := strings.Cut(h.tool, " ")
	if err := h.write(before, map[string]string{"name": name, "version": version}); err != nil {
		return err
	}
	if err := h.write(`,"pages":`, append([]harPage{}, h.pages...)); err != nil {
		return err
	}
	_, err := io.WriteString(h.to, "}}\n")
	return err
}

// stamp is a time as HAR has it: a valid one, also where none is known.
func stamp(t time.Time) time.Time {
	if t.IsZero() {
		return time.Unix(0, 0).UTC()
	}
	return t.UTC()
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func newHAREntry(page string, r *run, s *step) *harEntry {
	e := &harEntry{Page: page, Started: stamp(s.request.time), Workflow: s.workflowID, Step: s.id, Visit: s.visit, Attempt: s.attempt,
		Comment: s.workflowID + " " + s.id, Diagnostics: s.raised,
		Request: harRequest{Method: s.sent.Method, URL: s.sent.URL, Version: "HTTP/1.1", Cookies: []harCookie{},
			Headers: harHeaders(s.sent.Header), Query: []harPair{}, HeadersSize: -1, BodySize: len(s.request.body)},
		Response: harResponse{Cookies: []harCookie{}, Headers: []harPair{}, HeadersSize: -1, BodySize: -1, Version: "HTTP/1.1"},
		Timings:  harTimings{Blocked: -1, DNS: -1, Connect: -1, SSL: -1}}
	if u, err := url.Parse(s.sent.URL); err == nil {
		for part := range strings.SplitSeq(u.RawQuery, "&") {
			name, text, _ := strings.Cut(part, "=")
			if part != "" {
				e.Request.Query = append(e.Request.Query, harPair{unescape(name), unescape(text)})
			}
		}
	}
	for _, c := range (&http.Request{Header: s.sent.Header}).Cookies() {
		e.Request.Cookies = append(e.Request.Cookies, harCookie{Name: c.Name, Value: c.Value})
	}
	if len(s.request.body) > 0 {
		e.Request.PostData = &harPost{MimeType: s.sent.Header.Get("Content-Type"), Params: []harPair{}, Comment: whole(s.request)}
		e.Request.PostData.Text, e.Request.PostData.Encoding = harText(s.request.body)
	}
	took := time.Duration(0)
	if s.response != nil {
		took = max(s.response.time.Sub(s.request.time), 0)
		e.answer(s)
	} else {
		e.Error = "no response"
		if !r.ended.IsZero() && r.ended.After(s.request.time) {
			took = r.ended.Sub(s.request.time)
		}
	}
	e.time(s, took)
	return e
}

// answer fills in the response.
func (e *harEntry) answer(s *step) {
	a := s.received
	if a.Err != nil {
		e.Error = a.Err.Error()
	}
	to := &e.Response
	to.Status, to.StatusText, to.Headers = a.Status, http.StatusText(a.Status), harHeaders(a.Header)
	to.Redirect = a.Header.Get("Location")
	to.Content = harContent{Size: len(s.response.body), MimeType: a.Header.Get("Content-Type"), Comment: whole(s.response)}
	to.Content.Text, to.Content.Encoding = harText(s.response.body)
	for _, c := range (&http.Response{Header: a.Header}).Cookies() {
		cookie := harCookie{Name: c.Name, Value: c.Value, Path: c.Path, Domain: c.Domain, HTTPOnly: c.HttpOnly, Secure: c.Secure}
		if !c.Expires.IsZero() {
			cookie.Expires = &c.Expires
		}
		to.Cookies = append(to.Cookies, cookie)
	}
}

// time fills in the times, whose sum is that of the entry.
func (e *harEntry) time(s *step, took time.Duration) {
	e.Time = milliseconds(took)
	if s.received == nil || s.received.Timing == nil {
		e.Timings.Wait = e.Time
		return
	}
	t := s.received.Timing
	if t.Protocol != "" {
		e.Request.Version, e.Response.Version = t.Protocol, t.Protocol
	}
	if host, port, err := net.SplitHostPort(t.Remote); err == nil {
		host, _, _ = strings.Cut(host, "%")
		e.Server, e.Connection = host, port
	}
	if t.DNS > 0 {
		e.Timings.DNS = milliseconds(t.DNS)
	}
	if t.Connect+t.TLS > 0 {
		e.Timings.Connect = milliseconds(t.Connect + t.TLS)
	}
	if t.TLS > 0 {
		e.Timings.SSL = milliseconds(t.TLS)
	}
	e.Timings.Wait, e.Timings.Receive = milliseconds(t.Wait), milliseconds(t.Transfer)
	e.Timings.Blocked = milliseconds(max(took-t.DNS-t.Connect-t.TLS-t.Wait-t.Transfer, 0))
	e.Time = e.Timings.Blocked + max(e.Timings.DNS, 0) + max(e.Timings.Connect, 0) + e.Timings.Wait + e.Timings.Receive
}

func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

func harHeaders(h http.Header) []harPair {
	list := []harPair{}
	for name, values := range h {
		for _, v := range values {
			list = append(list, harPair{name, v})
		}
	}
	slices.SortStableFunc(list, func(a, b harPair) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// harText returns a body as text, and its encoding if it is not text itself.
func harText(body []byte) (text, encoding string) {
	if utf8.Valid(body) {
		return string(body), ""
	}
	return base64.StdEncoding.EncodeToString(body), "base64"
}

func whole(m *message) string {
	if m.cut {
		return "cut: not the whole body"
	}
	return ""
}
