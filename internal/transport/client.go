package transport

import (
	"math"
	"net"
	"net/http"
	"sync"
	"time"
)

// NewTransport returns a transport as [http.DefaultTransport] is, which keeps
// every connection for a while, where that keeps only two to a host. There are
// never more than were needed at once.
func NewTransport() *http.Transport {
	dialer := net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second, ControlContext: onlyOutside}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   math.MaxInt,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

var (
	original = http.DefaultTransport
	ours     = sync.OnceValue(func() *http.Client { return &http.Client{Transport: NewTransport()} })
)

// standard returns the client for exchanges that have none. Whoever has replaced
// [http.DefaultTransport], such as to record what it does, means these too.
func standard() *http.Client {
	if http.DefaultTransport != original {
		return &http.Client{}
	}
	return ours()
}
