package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/cookies"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
	"golang.org/x/net/http/httpguts"
)

// exchange holds the flags of a run for its HTTP exchanges.
type exchange struct {
	headers []string
	cookies string
	timeout time.Duration

	jar *cookies.Jar // of --cookies, unless each run has its own
}

func (e *exchange) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVarP(&e.headers, "header", "H", nil, "`'NAME: VALUE'` of a header for all requests to the servers of the descriptions, "+
		"or 'SOURCE=NAME: VALUE' for those of one; VALUE may be @file or env:VARIABLE")
	f.StringVar(&e.cookies, "cookies", "", "keep cookies: those in `FILE`, if it exists, and those that responses set, which are stored there")
	f.DurationVar(&e.timeout, "request-timeout", time.Minute, "fail a step whose server sends nothing for this time; 0 for never")
}

// driver applies the flags. Each run of --each has a session of its own.
func (e *exchange) driver(d *runtime.Driver, n *network, infos []runtime.WorkflowInfo, read reader, each bool) error {
	transport, err := n.transport()
	if err != nil {
		return err
	}
	d.Client = &http.Client{Transport: transport}
	if d.RequestTimeout = e.timeout; e.timeout == 0 {
		d.RequestTimeout = -1
	}
	if d.Headers, err = e.headersOf(requestSources(infos), read); err != nil {
		return err
	}
	if e.cookies == "" {
		return nil
	}
	text, err := tree.ReadRegularFile(e.cookies) // which is replaced in the end
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--cookies: %w", err)
	}
	if e.jar, err = cookies.Read(bytes.NewReader(text)); err != nil {
		return fmt.Errorf("--cookies %s: %w", e.cookies, err)
	}
	d.NewJar = func() http.CookieJar { return e.jar }
	if each {
		e.jar = nil
		d.NewJar = func() http.CookieJar {
			jar, _ := cookies.Read(bytes.NewReader(text)) // as above
			return jar
		}
	}
	return nil
}

// headersOf reads -H.
func (e *exchange) headersOf(sources []string, read reader) (map[string]http.Header, error) {
	headers := map[string]http.Header{}
	for _, text := range e.headers {
		field, value, ok := strings.Cut(text, ":")
		source, name, qualified := strings.Cut(field, "=")
		if !qualified {
			source, name = "", field
		}
		if !ok || !httpguts.ValidHeaderFieldName(name) {
			return nil, errors.New("-H: write 'NAME: VALUE', or 'SOURCE=NAME: VALUE'")
		}
		switch {
		case qualified && !slices.Contains(sources, source):
			return nil, fmt.Errorf("-H %s: %s", field, unknownSource(source, sources))
		case !qualified && len(sources) > 1:
			return nil, fmt.Errorf("-H %s: requests go to the servers of several sources (%s); write 'SOURCE=%[1]s: VALUE'",
				field, listed(sources))
		case !qualified && len(sources) == 1:
			source = sources[0]
		}
		value, err := read.value(strings.TrimSpace(value))
		if err != nil {
			return nil, fmt.Errorf("-H %s: %w", field, err)
		}
		if !httpguts.ValidHeaderFieldValue(value) {
			return nil, fmt.Errorf("-H %s: the value has characters that a header cannot have, such as a line break", field)
		}
		if headers[source] == nil {
			headers[source] = http.Header{}
		}
		headers[source].Add(name, value)
	}
	return headers, nil
}

// end stores the cookies after the runs, and returns their error.
func (e *exchange) end(err error) error {
	if e.jar == nil {
		return err
	}
	var text bytes.Buffer
	_, _ = e.jar.WriteTo(&text) // a buffer takes all
	failed := replaceFile(e.cookies, text.Bytes())
	if errors.Is(failed, fs.ErrNotExist) {
		failed = os.WriteFile(e.cookies, text.Bytes(), 0o600)
	}
	if failed == nil {
		return err
	}
	failed = fmt.Errorf("--cookies: %w", failed)
	var code exit
	if errors.As(err, &code) { // reported already
		return failure{code, failed}
	}
	return failure{exitFailed, errors.Join(err, failed)}
}
