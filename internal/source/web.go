package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gobelin-dev/gobelin/internal/location"
	"github.com/gobelin-dev/gobelin/internal/transport"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// Web reads documents over http and https. What the caller or a file asks for may
// be anywhere. What came over the network leads to public addresses, and to hosts
// that the caller's documents have already led to, at addresses that are not
// public: otherwise it could read from this machine, or its network, what its
// author cannot.
type Web struct {
	Client  *http.Client  // nil: one of package transport; its CheckRedirect is not used
	Hosts   []string      // if not empty: the only hosts, which may have any address
	Timeout time.Duration // for one document, redirects included; 0 means DefaultTimeout
	MaxSize int           // of one document in bytes, decompressed; 0 means tree.MaxText

	once    sync.Once
	open    *http.Client // for the caller
	guarded *http.Client // for the others: connects to public addresses only
	inside  sync.Map     // hosts at other addresses, to which the caller's documents have led
}

const maxRedirects = 10

// DefaultTimeout is the time that one document may take.
const DefaultTimeout = 30 * time.Second

var errSlow = errors.New("too slow")

func (w *Web) read(ctx context.Context, place string) ([]byte, error) {
	w.once.Do(w.prepare)
	limit := cmp.Or(w.Timeout, DefaultTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errSlow)
	defer cancel()
	data, err := w.follow(ctx, place)
	if err != nil && context.Cause(ctx) == errSlow {
		return nil, fmt.Errorf("GET %s: there is no whole answer after %s, the limit for one document (RemoteLoader.Timeout)",
			location.Redacted(place), limit)
	}
	return data, err
}

// follow reads a document, or that to which it redirects.
func (w *Web) follow(ctx context.Context, place string) ([]byte, error) {
	by := askerOf(ctx).by
	for range maxRedirects + 1 {
		resp, err := w.get(ctx, place, by)
		if err != nil {
			return nil, err
		}
		next, err := w.target(resp, place)
		if err == nil && next == "" {
			return w.whole(resp, place)
		}
		resp.Body.Close()
		if err != nil {
			return nil, err
		}
		by, place = place, next
	}
	return nil, fmt.Errorf("stopped after %d redirects", maxRedirects)
}

// prepare makes the clients.
func (w *Web) prepare() {
	client := http.Client{}
	if w.Client != nil {
		client = *w.Client
	}
	if client.Transport == nil {
		client.Transport = transport.NewTransport()
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	open := client
	w.open = &open
	client.Transport = transport.Guarded(client.Transport)
	w.guarded = &client
}

// get asks for a document on behalf of another.
func (w *Web) get(ctx context.Context, place, by string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, place, nil)
	if err != nil {
		return nil, err
	}
	host := req.URL.Hostname()
	if len(w.Hosts) > 0 {
		if !slices.ContainsFunc(w.Hosts, func(allowed string) bool { return strings.EqualFold(allowed, host) }) {
			return nil, fmt.Errorf("documents are not read from %s, only from %s (RemoteLoader.Hosts)", host, strings.Join(w.Hosts, ", "))
		}
		return w.open.Do(req)
	}
	if _, known := w.inside.Load(host); known {
		return w.open.Do(req)
	}
	if !location.IsURL(by) {
		trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
			if !transport.Public(info.Conn) {
				w.inside.Store(host, true)
			}
		}}
		return w.open.Do(req.WithContext(httptrace.WithClientTrace(ctx, trace)))
	}
	resp, err := w.guarded.Do(req)
	if errors.Is(err, transport.ErrInside) {
		return nil, errInside(host, by)
	}
	return resp, err
}

func errInside(host, by string) error {
	from := by
	if u, err := url.Parse(by); err == nil {
		from = u.Hostname()
	}
	return fmt.Errorf("%s has an address of this machine or its network, and a document from %s cannot lead there unless the caller allows "+
		"the host (RemoteLoader.Hosts)", host, from)
}

// target returns where a response redirects to; "" if it does not.
func (w *Web) target(resp *http.Response, place string) (string, error) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return "", nil
	}
	named := resp.Header.Get("Location")
	if named == "" {
		return "", nil
	}
	to, err := location.Resolve(place, named)
	switch {
	case err != nil:
		return "", err
	case !location.IsURL(to):
		return "", fmt.Errorf("GET %s: a redirect to a URL of the scheme %q is not followed", location.Redacted(place), location.Scheme(to))
	case strings.HasPrefix(place, "https:") && strings.HasPrefix(to, "http:"):
		return "", fmt.Errorf("GET %s: a redirect from https to http is not followed", location.Redacted(place))
	}
	return to, nil
}

// whole reads a response to its end.
func (w *Web) whole(resp *http.Response, place string) ([]byte, error) {
	defer resp.Body.Close()
	shown := location.Redacted(place)
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", shown, resp.Status)
	}
	if coding := resp.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, fmt.Errorf("GET %s: the text is in the content coding %q; only gzip was asked for", shown, coding)
	}
	most := cmp.Or(w.MaxSize, tree.MaxText)
	var data []byte
	var err error
	if resp.ContentLength <= int64(most) {
		data, err = io.ReadAll(io.LimitReader(resp.Body, int64(most)+1))
	}
	if len(data) > most || resp.ContentLength > int64(most) {
		return nil, fmt.Errorf("GET %s: the text has more than %d bytes, the limit for one document (RemoteLoader.MaxSize)", shown, most)
	}
	return data, err
}
