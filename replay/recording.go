// Package replay runs a program again on the responses of an earlier run, without a
// network, and compares what it would send with what was sent then. Recordings are
// traces of package trace, or HAR files of browsers and other tools.
package replay

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/trace"
)

// A Recording is what an earlier run sent and received.
type Recording struct {
	Document   string         // location of the document; "" if it is not known, as of a HAR file
	WorkflowID string         // "" if it is not known
	Inputs     map[string]any // of the run, secrets masked; nil if they are not known
	Exchanges  []Exchange
	// Sparse reports that there may be exchanges between those of the run that do not
	// belong to it, as in a HAR file.
	Sparse bool
}

// An Exchange is a request with what came back.
type Exchange struct {
	Request  *runtime.RequestSent      // nil: it failed before anything was sent
	Response *runtime.ResponseReceived // nil: the recording ends before, or the next exchange is this one with another credential
	Cut      bool                      // the body of the request or of the response is not whole
}

// ReadTrace returns the recording of a run of a trace: of the run with that index, 0
// for a trace of one run.
func ReadTrace(from io.Reader, run int) (*Recording, error) {
	runs, err := readTrace(from, func(index int) bool { return index == run })
	if err != nil {
		return nil, err
	}
	if len(runs) == 0 {
		return nil, fmt.Errorf("the trace has no run %d", run)
	}
	return runs[0], nil
}

// ReadRuns returns the recordings of all runs of a trace, in the order in which they
// began.
func ReadRuns(from io.Reader) ([]*Recording, error) {
	return readTrace(from, func(int) bool { return true })
}

func readTrace(from io.Reader, wanted func(run int) bool) (runs []*Recording, err error) {
	r, err := trace.NewReader(from)
	if err != nil {
		return nil, err
	}
	documents, byIndex := map[int]string{}, map[int]*Recording{}
	for {
		line, err := r.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return runs, nil // a run that was cut off is a recording as far as it goes
		}
		if err != nil {
			return nil, err
		}
		switch e := line.(type) {
		case *trace.RunStarted:
			documents[e.Run] = e.Document
		case runtime.Event:
			run := runtime.EventAt(e).Run
			if !wanted(run) {
				continue
			}
			recording := byIndex[run]
			if recording == nil {
				recording = &Recording{Document: cmp.Or(documents[run], r.Header.Document)}
				byIndex[run] = recording
				runs = append(runs, recording)
			}
			recording.add(e, r.Cut)
		}
	}
}

func (r *Recording) add(e runtime.Event, cut bool) {
	last := len(r.Exchanges) - 1
	switch e := e.(type) {
	case *runtime.WorkflowStarted:
		if e.Depth == 0 && r.WorkflowID == "" {
			r.WorkflowID, r.Inputs = e.WorkflowID, e.Inputs
		}
	case *runtime.RequestSent:
		r.Exchanges = append(r.Exchanges, Exchange{Request: e, Cut: cut})
	case *runtime.ResponseReceived:
		if last < 0 || r.Exchanges[last].Response != nil { // nothing was sent
			r.Exchanges = append(r.Exchanges, Exchange{})
			last++
		}
		r.Exchanges[last].Response = e
		r.Exchanges[last].Cut = r.Exchanges[last].Cut || cut
	}
}

// har is the part of a HAR 1.2 file that a replay needs.
type har struct {
	Log struct {
		Entries []struct {
			Started time.Time `json:"startedDateTime"`
			Request struct {
				Method   string    `json:"method"`
				URL      string    `json:"url"`
				Headers  []harPair `json:"headers"`
				PostData *struct {
					Text     string    `json:"text"`
					Encoding string    `json:"_encoding"` // as gobelin writes it
					Params   []harPair `json:"params"`
				} `json:"postData"`
			} `json:"request"`
			Response struct {
				Status  int       `json:"status"`
				Headers []harPair `json:"headers"`
				Content struct {
					Text     string `json:"text"`
					Encoding string `json:"encoding"`
				} `json:"content"`
			} `json:"response"`
		} `json:"entries"`
	} `json:"log"`
}

type harPair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// ReadHAR returns the recording that a HAR 1.2 file is. It may have other requests
// than those of the run.
func ReadHAR(from io.Reader) (*Recording, error) {
	text, err := io.ReadAll(io.LimitReader(from, tree.MaxText+1))
	if err != nil {
		return nil, err
	}
	if len(text) > tree.MaxText {
		return nil, fmt.Errorf("the HAR file is larger than %d MiB", tree.MaxText>>20)
	}
	var h har
	if err := json.Unmarshal([]byte(strings.TrimPrefix(string(text), "\uFEFF")), &h); err != nil {
		return nil, fmt.Errorf("not a HAR file: %w", err)
	}
	if h.Log.Entries == nil {
		return nil, errors.New("not a HAR file: it has no log.entries")
	}
	r := &Recording{Sparse: true}
	for i := range h.Log.Entries {
		e := &h.Log.Entries[i]
		at := runtime.At{Time: e.Started}
		sent := &runtime.RequestSent{At: at, Method: e.Request.Method, URL: e.Request.URL, Header: header(e.Request.Headers)}
		if data := e.Request.PostData; data != nil {
			if sent.Body, err = harBody(data.Text, data.Encoding); err != nil {
				return nil, fmt.Errorf("entry %d of the HAR file: the request: %w", i, err)
			}
			if data.Text == "" && len(data.Params) > 0 {
				form := url.Values{}
				for _, p := range data.Params {
					form.Add(p.Name, p.Value)
				}
				sent.Body = []byte(form.Encode())
			}
		}
		x := Exchange{Request: sent}
		if e.Response.Status > 0 { // 0: there was none
			body, err := harBody(e.Response.Content.Text, e.Response.Content.Encoding)
			if err != nil {
				return nil, fmt.Errorf("entry %d of the HAR file: the content: %w", i, err)
			}
			answer := header(e.Response.Headers)
			answer.Del("Content-Encoding") // the content has none any more
			x.Response = &runtime.ResponseReceived{At: at, Status: e.Response.Status, URL: sent.URL, Header: answer, Body: body}
		}
		r.Exchanges = append(r.Exchanges, x)
	}
	return r, nil
}

func harBody(text, encoding string) ([]byte, error) {
	if encoding != "base64" {
		return []byte(text), nil
	}
	body, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		err = fmt.Errorf("it is not base64: %w", err)
	}
	return body, err
}

func header(pairs []harPair) http.Header {
	h := http.Header{}
	for _, p := range pairs {
		if !strings.HasPrefix(p.Name, ":") { // of HTTP/2
			h.Add(p.Name, p.Value)
		}
	}
	return h
}
