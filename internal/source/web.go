package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"

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
	Client *http.Client // nil: one of package transport; its CheckRedirect is not used
	Hosts  []string     // if not empty: the only hosts, which may have any address

	once    sync.Once
	open    *http.Client // for the caller
	guarded *http.Client // for the others: connects to public addresses only
	inside  sync.Map     // hosts at other addresses, to which the caller's documents have led
}

const maxRedirects = 10

func (w *Web) read(ctx context.Context, place string) ([]byte, error) {
	w.once.Do(w.prepare)
	by := askerOf(ctx).by
	for range maxRedirects + 1 {
		resp, err := w.get(ctx, place, by)
		if err != nil {
			return nil, err
		}
		next, err := w.target(resp, place)
		if err == nil && next == "" {
			return whole(resp, place)
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
	if t, ok := client.Transport.(*http.Transport); ok {
		t = t.Clone()
		t.DisableKeepAlives = true // a connection is checked when it is made
		t.Proxy = nil
		t.DialContext = outside(t.DialContext)
		if t.DialTLSContext != nil {
			t.DialTLSContext = outside(t.DialTLSContext)
		}
		client.Transport = t
	}
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
			if !public(addressOf(info.Conn.RemoteAddr())) {
				w.inside.Store(host, true)
			}
		}}
		return w.open.Do(req.WithContext(httptrace.WithClientTrace(ctx, trace)))
	}
	if !publicName(host) {
		return nil, errInside(host, by)
	}
	client := w.guarded
	if w.proxied(req) {
		client = w.open // the proxy connects
	}
	resp, err := client.Do(req)
	if errors.Is(err, errNotPublic) {
		return nil, errInside(host, by)
	}
	return resp, err
}

// proxied reports whether a request goes to a proxy.
func (w *Web) proxied(req *http.Request) bool {
	t, ok := w.open.Transport.(*http.Transport)
	if !ok || t.Proxy == nil {
		return false
	}
	proxy, err := t.Proxy(req)
	return err == nil && proxy != nil
}

var errNotPublic = errors.New("the address is not public")

func errInside(host, by string) error {
	from := by
	if u, err := url.Parse(by); err == nil {
		from = u.Hostname()
	}
	return fmt.Errorf("%s has an address of this machine or its network, and a document from %s cannot lead there unless the caller allows "+
		"the host (RemoteLoader.Hosts)", host, from)
}

type dial = func(ctx context.Context, network, address string) (net.Conn, error)

// outside returns a dial that keeps connections to public addresses only.
func outside(to dial) dial {
	if to == nil {
		to = new(net.Dialer).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := to(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if !public(addressOf(conn.RemoteAddr())) {
			conn.Close()
			return nil, errNotPublic
		}
		return conn, nil
	}
}

// addressOf returns the IP address of one of package net, invalid if it has none.
func addressOf(a net.Addr) netip.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr()
	}
	return netip.Addr{}
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
func whole(resp *http.Response, place string) ([]byte, error) {
	defer resp.Body.Close()
	shown := location.Redacted(place)
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", shown, resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, tree.MaxText+1))
	if len(data) > tree.MaxText {
		return nil, fmt.Errorf("GET %s: more than %d bytes", shown, tree.MaxText)
	}
	return data, err
}
