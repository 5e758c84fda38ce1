package transport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"unicode/utf8"
)

// ErrInside is the error of a [Guarded] request to an address that is not public.
var ErrInside = errors.New("the host has an address of this machine or its network")

// Guarded returns a transport like another one that connects to public addresses
// only: for a request that somebody else has thought of. Each request has a
// connection of its own, as addresses are looked at when connecting. Of a host
// that a proxy connects to, or a RoundTripper that is not an http.Transport, only
// the name is looked at, unless it is a [Wrapper].
func Guarded(open http.RoundTripper) http.RoundTripper {
	switch t := open.(type) {
	case nil:
		open = http.DefaultTransport
	case *guarded:
		return t
	case Wrapper:
		return t.Around(Guarded)
	}
	g := &guarded{open: open}
	if t, ok := open.(*http.Transport); ok {
		g.proxy = t.Proxy
		g.direct = t.Clone()
		g.direct.DisableKeepAlives, g.direct.Proxy = true, nil
		g.direct.DialContext = outside(t.DialContext)
		if t.DialTLSContext != nil {
			g.direct.DialTLSContext = outside(t.DialTLSContext)
		}
	}
	return g
}

// A Wrapper is a transport that does something beside sending, which it leaves to
// another one.
type Wrapper interface {
	http.RoundTripper
	// Around returns the same around what a function makes of the other transport.
	Around(func(http.RoundTripper) http.RoundTripper) http.RoundTripper
}

// guardedClient returns a client for what a public server redirects to: it must
// not read for that server what only this machine or its network can reach.
func guardedClient(client *http.Client) *http.Client {
	if _, already := client.Transport.(*guarded); already {
		return client
	}
	c := *client
	c.Transport = Guarded(client.Transport)
	return &c
}

type guarded struct {
	open   http.RoundTripper
	direct *http.Transport // nil if open is of another type
	proxy  func(*http.Request) (*url.URL, error)
}

// RoundTrip sends a request.
func (g *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if !publicName(r.URL.Hostname()) {
		return nil, ErrInside
	}
	if g.direct == nil {
		return g.byName(r)
	}
	if g.proxy != nil {
		if proxy, err := g.proxy(r); err != nil || proxy != nil {
			return g.byName(r)
		}
	}
	return g.direct.RoundTrip(r)
}

type dial = func(ctx context.Context, network, address string) (net.Conn, error)

// byName sends a request to a host of which only the name is known. Of one that is
// not ASCII it is not: "①②⑦.1" becomes an address when it is sent.
func (g *guarded) byName(r *http.Request) (*http.Response, error) {
	if strings.ContainsFunc(r.URL.Hostname(), func(c rune) bool { return c >= utf8.RuneSelf }) {
		return nil, ErrInside
	}
	return g.open.RoundTrip(r)
}

type outsideKey struct{}

// onlyOutside keeps a connection to an address inside from being made where only
// public ones may be: nobody can find out which ports are open.
func onlyOutside(ctx context.Context, _, address string, _ syscall.RawConn) error {
	if ctx.Value(outsideKey{}) == nil {
		return nil
	}
	if at, err := netip.ParseAddrPort(address); err != nil || !public(at.Addr()) {
		return ErrInside
	}
	return nil
}

// outside returns a dial that keeps connections to public addresses only.
func outside(to dial) dial {
	if to == nil {
		to = (&net.Dialer{ControlContext: onlyOutside}).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := to(context.WithValue(ctx, outsideKey{}, true), network, address)
		if err != nil {
			return nil, err
		}
		if !Public(conn) {
			conn.Close()
			return nil, ErrInside
		}
		return conn, nil
	}
}

// Public reports whether a connection is one to a public address.
func Public(conn net.Conn) bool {
	if conn == nil { // a trace of a RoundTripper of the caller
		return false
	}
	tcp, ok := conn.RemoteAddr().(*net.TCPAddr)
	return ok && public(tcp.AddrPort().Addr())
}
