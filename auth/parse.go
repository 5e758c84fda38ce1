package auth

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// Parse reads a scheme as it is written on a command line: an object of YAML or JSON, as a
// credentials file has for each scheme (see [ParseFile]), or a secret as [ParseSecret] reads it.
// Errors name a member and its place, and do not have its value.
func Parse(text string) (Scheme, error) {
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		s, err := ParseSecret(text)
		return Scheme{Secret: s}, err
	}
	n, err := tree.Parse([]byte(text))
	if err != nil {
		return Scheme{}, err
	}
	return parser{}.scheme(n)
}

// ParseFile reads a credentials file: a YAML or JSON object with a scheme for each name, as
// [Credentials] has them. A scheme is a secret, as [ParseSecret] reads it, or an object with the
// members
//
//   - secret, or
//   - grant_type, client_id, client_secret, token_endpoint_auth_method, private_key, kid, alg, username,
//     password, refresh_token, subject_token, subject_token_type, scope (a text or a list), audience,
//     resource, issuer, token_endpoint, authorization_endpoint, device_authorization_endpoint,
//     redirect_uri, those of an [OAuth2] grant by their names in OAuth, and certificate and
//     certificate_key for the client, or
//   - certificate and certificate_key alone: of mutualTLS;
//   - origin, to which it may go.
//
// certificate is the name of a file, relative to the folder of the credentials file; file:PATH is
// relative likewise. A file that others than its owner can read or write is refused.
func ParseFile(name string) (map[string]Scheme, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if err := private(info); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	data, err := tree.ReadRegularFile(name)
	if err != nil {
		return nil, err
	}
	n, err := tree.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if n.Kind != tree.Object {
		return nil, fmt.Errorf("%s:%d:%d: must be an object with a scheme for each name", name, n.Line, n.Column)
	}
	p := parser{folder: filepath.Dir(name), file: name + ":"}
	schemes := map[string]Scheme{}
	for _, m := range n.Members {
		if schemes[m.Name], err = p.scheme(m.Value); err != nil {
			return nil, err
		}
	}
	return schemes, nil
}

// parser reads schemes.
type parser struct {
	folder string // to which files are relative
	file   string // begins the places in errors
}

func (p parser) errorf(n *tree.Node, format string, args ...any) error {
	return fmt.Errorf("%s%d:%d: %w", p.file, n.Line, n.Column, fmt.Errorf(format, args...))
}

func (p parser) scheme(n *tree.Node) (s Scheme, err error) {
	if n.Kind == tree.String {
		s.Secret, err = p.secret(n)
		return s, err
	}
	if n.Kind != tree.Object {
		return s, p.errorf(n, "must be a text or an object")
	}
	o := &OAuth2{}
	texts := map[string]*string{"origin": &s.Origin, "grant_type": &o.GrantType, "client_id": &o.ClientID,
		"token_endpoint_auth_method": &o.ClientAuth, "kid": &o.KeyID, "alg": &o.Algorithm, "subject_token_type": &o.SubjectTokenType,
		"audience": &o.Audience, "resource": &o.Resource, "issuer": &o.Issuer, "token_endpoint": &o.TokenEndpoint,
		"authorization_endpoint": &o.AuthorizationEndpoint, "device_authorization_endpoint": &o.DeviceAuthorizationEndpoint,
		"redirect_uri": &o.RedirectURI}
	secrets := map[string]*Secret{"secret": &s.Secret, "client_secret": &o.ClientSecret, "private_key": &o.PrivateKey,
		"username": &o.Username, "password": &o.Password, "refresh_token": &o.RefreshToken, "subject_token": &o.SubjectToken}
	known := []string{"scope", "certificate", "certificate_key"}
	for name := range texts {
		known = append(known, name)
	}
	for name := range secrets {
		known = append(known, name)
	}
	grant := false
	for _, m := range n.Members {
		v := m.Value
		if v.Kind != tree.String && (m.Name != "scope" || v.Kind != tree.Array) {
			return s, p.errorf(v, "%s must be a text", m.Name)
		}
		switch {
		case m.Name == "scope":
			o.Scopes = strings.Fields(v.Str())
			for _, item := range v.Items {
				o.Scopes = append(o.Scopes, item.Str())
			}
		case strings.HasPrefix(m.Name, "certificate"):
			continue
		case texts[m.Name] != nil:
			*texts[m.Name] = v.Str()
		case secrets[m.Name] != nil:
			if *secrets[m.Name], err = p.secret(v); err != nil {
				return s, err
			}
		default:
			slices.Sort(known)
			return s, p.errorf(v, "%q is not a member of a scheme%s", m.Name, nearest.Hint(m.Name, known))
		}
		grant = grant || m.Name != "origin" && m.Name != "secret"
	}
	certificate, err := p.certificate(n)
	switch {
	case err != nil:
		return s, err
	case grant && s.Secret != (Secret{}):
		return s, p.errorf(n, "has a secret and members of OAuth 2: it is one or the other")
	case grant:
		s.OAuth2, o.Certificate = o, certificate
	default:
		s.Certificate = certificate
	}
	if s.OAuth2 == nil && s.Certificate == nil && s.Secret == (Secret{}) {
		return s, p.errorf(n, "has no credential: neither a secret, nor a client_id, nor a certificate")
	}
	if s.OAuth2 != nil && o.ClientID == "" {
		return s, p.errorf(n, "has no client_id")
	}
	return s, nil
}

// secret reads a secret; the error does not have it.
func (p parser) secret(n *tree.Node) (Secret, error) {
	text := n.Str()
	if name, ok := strings.CutPrefix(text, "file:"); ok {
		text = "file:" + p.path(name)
	}
	s, err := ParseSecret(text)
	if err != nil {
		return s, p.errorf(n, "%w", err)
	}
	return s, nil
}

// path resolves the name of a file.
func (p parser) path(name string) string {
	if p.folder == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(p.folder, name)
}

// certificate reads the members of a certificate, nil if there are none.
func (p parser) certificate(n *tree.Node) (*Certificate, error) {
	chain, key := n.Get("certificate"), n.Get("certificate_key")
	switch {
	case chain == nil && key == nil:
		return nil, nil
	case chain == nil:
		return nil, p.errorf(key, "certificate_key needs a certificate")
	}
	data, err := tree.ReadRegularFile(p.path(chain.Str()))
	if err != nil {
		return nil, p.errorf(chain, "certificate: %w", err)
	}
	c := &Certificate{Chain: data, Key: Text(string(data))} // one file may have both
	if key == nil {
		return c, nil
	}
	if c.Key, err = p.secret(key); err != nil {
		return nil, err
	}
	if c.Key.kind == literal && !strings.Contains(c.Key.text, "-----BEGIN") {
		return nil, p.errorf(key, "%w", errors.New("certificate_key is not in the form PEM; file:PATH reads a file"))
	}
	return c, nil
}
