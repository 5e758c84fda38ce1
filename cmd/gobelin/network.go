package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/transport"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/lockfile"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
)

// network holds the flags that say where documents are read from, and how
// servers are reached, for documents and requests alike.
type network struct {
	roots    []string
	hosts    []string
	offline  bool
	proxy    string
	ca       []string
	cert     string
	key      string
	insecure bool
}

func (n *network) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&n.roots, "root", nil,
		"`DIR` whose files documents may lead to, besides those of the document's own repository or folder")
	f.StringArrayVar(&n.hosts, "allow-host", nil, "read documents over http and https from `HOST` only, whatever its address; repeatable")
	f.BoolVar(&n.offline, "offline", false, "read no document over http and https")
	f.StringVar(&n.proxy, "proxy", "", "`URL` of the proxy for all requests, instead of that of HTTP_PROXY and HTTPS_PROXY; none for no proxy")
	f.StringArrayVar(&n.ca, "cacert", nil, "`FILE` (PEM) of certificate authorities to trust, besides those of the system; repeatable")
	f.StringVar(&n.cert, "cert", "", "`FILE` (PEM) of the client's certificate")
	f.StringVar(&n.key, "key", "", "`FILE` (PEM) of its key, if it is not in that of --cert")
	f.BoolVar(&n.insecure, "insecure", false, "accept whatever certificate a server has: it may be anybody's")
}

// loader makes the loader of documents, which reads what is pinned for them.
func (n *network) loader() (*lockfile.Loader, error) {
	files := runtime.FileLoader{Roots: n.roots}
	if n.offline {
		return &lockfile.Loader{Loader: files}, nil
	}
	transport, err := n.transport()
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: transport}
	return &lockfile.Loader{Loader: &runtime.RemoteLoader{FileLoader: files, Client: client, Hosts: n.hosts}}, nil
}

// transport makes what carries requests.
func (n *network) transport() (*http.Transport, error) {
	t := transport.NewTransport()
	if err := n.proxied(t); err != nil {
		return nil, err
	}
	t.TLSClientConfig = &tls.Config{InsecureSkipVerify: n.insecure} //nolint:gosec // the flag says so
	if len(n.ca) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		for _, name := range n.ca {
			text, err := tree.ReadRegularFile(name)
			if err != nil {
				return nil, fmt.Errorf("--cacert: %w", err)
			}
			if !pool.AppendCertsFromPEM(text) {
				return nil, fmt.Errorf("--cacert %s: there is no certificate in the file; it must be in the form PEM", name)
			}
		}
		t.TLSClientConfig.RootCAs = pool
	}
	switch {
	case n.cert == "" && n.key != "":
		return nil, errors.New("--key requires --cert")
	case n.cert != "":
		key := n.key
		if key == "" {
			key = n.cert
		}
		pair, err := keyPair(n.cert, key)
		if err != nil {
			return nil, fmt.Errorf("--cert %s: %w", n.cert, err)
		}
		t.TLSClientConfig.Certificates = []tls.Certificate{pair}
	}
	return t, nil
}

// keyPair is [tls.LoadX509KeyPair] of regular files: others may never end.
func keyPair(cert, key string) (pair tls.Certificate, err error) {
	certText, err := tree.ReadRegularFile(cert)
	if err != nil {
		return pair, err
	}
	keyText, err := tree.ReadRegularFile(key)
	if err != nil {
		return pair, err
	}
	return tls.X509KeyPair(certText, keyText)
}

// proxied applies --proxy. What a flag says holds for every host; the variables of
// the environment do not hold for this machine.
func (n *network) proxied(t *http.Transport) error {
	switch n.proxy {
	case "":
		return nil
	case "none":
		t.Proxy = nil
		return nil
	}
	proxy, err := url.Parse(n.proxy)
	if err != nil || proxy.Host == "" || proxy.Scheme != "http" && proxy.Scheme != "https" && proxy.Scheme != "socks5" {
		return fmt.Errorf("--proxy %s: must be a URL of the scheme http, https or socks5, or none", secret.Userinfo(n.proxy))
	}
	t.Proxy = http.ProxyURL(proxy)
	return nil
}

// insecureWarning is what --insecure deserves.
const insecureWarning = "warning: --insecure: certificates are not verified; whoever is between here and a server can read and change " +
	"everything, credentials too"
