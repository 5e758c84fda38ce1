package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // for [crypto.Hash]
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The ways in which a client authenticates itself, as OAuth registers them.
const (
	secretBasic   = "client_secret_basic"
	secretPost    = "client_secret_post"
	privateKeyJWT = "private_key_jwt"
	tlsClientAuth = "tls_client_auth"
	none          = "none"
)

// authenticate returns how the client authenticates itself, and adds to the parameters what
// does it: but for a secret.
func (g *grant) authenticate(ctx context.Context, params url.Values) (method string, err error) {
	method = g.ClientAuth
	if method == "" {
		method = g.method()
	}
	switch method {
	case none:
	case secretBasic, secretPost:
		if g.ClientSecret == (Secret{}) {
			return "", fmt.Errorf("%s needs a client_secret", method)
		}
	case tlsClientAuth, "self_signed_tls_client_auth":
		if g.Certificate == nil {
			return "", fmt.Errorf("%s needs a certificate", method)
		}
	case privateKeyJWT:
		assertion, err := g.assertion(ctx)
		if err != nil {
			return "", err
		}
		g.credentials.hide(assertion)
		params.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		params.Set("client_assertion", assertion)
	default:
		return "", fmt.Errorf("the client authentication %q is not known; %s, %s, %s, %s and %s are", method, secretBasic, secretPost,
			privateKeyJWT, tlsClientAuth, none)
	}
	if g.ClientID == "" {
		return "", errors.New("a client_id is needed")
	}
	return method, nil
}

// method is how a client authenticates itself that does not say it.
func (g *grant) method() string {
	switch {
	case g.PrivateKey != (Secret{}):
		return privateKeyJWT
	case g.ClientSecret != (Secret{}):
		if known := g.at.Methods; len(known) > 0 && !slices.Contains(known, secretBasic) && slices.Contains(known, secretPost) {
			return secretPost
		}
		return secretBasic
	case g.Certificate != nil:
		return tlsClientAuth
	}
	return none
}

// assertion returns the JWT with which a client authenticates itself (RFC 7523, section 3).
func (g *grant) assertion(ctx context.Context) (string, error) {
	text, err := g.credentials.read(ctx, g.PrivateKey, "")
	if err != nil {
		return "", err
	}
	key, err := parseKey([]byte(text))
	if err != nil {
		return "", err
	}
	audience := g.at.Issuer
	if audience == "" {
		audience = g.at.TokenEndpoint
	}
	now := g.credentials.now()
	return sign(key, g.KeyID, g.Algorithm, map[string]any{"iss": g.ClientID, "sub": g.ClientID, "aud": audience, "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix()})
}

// parseKey reads a private key in PEM. The error does not have it.
func parseKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("private_key is not in the form PEM")
	}
	var key any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return nil, fmt.Errorf("private_key, a %s, cannot be read as PKCS #8, PKCS #1 or SEC 1; an encrypted key has to be decrypted", block.Type)
	}
	return signer, nil
}

// sign returns a JWT (RFC 7519) of claims, signed with an algorithm (RFC 7518, RFC 8037) or, for
// "", with the usual one of the key.
func sign(key crypto.Signer, id, algorithm string, claims map[string]any) (string, error) {
	usual, bits := "", 0
	switch k := key.(type) {
	case *rsa.PrivateKey:
		usual = "RS256"
		if algorithm != "" && len(algorithm) == 5 && (strings.HasPrefix(algorithm, "RS") || strings.HasPrefix(algorithm, "PS")) {
			usual = algorithm
		}
	case *ecdsa.PrivateKey:
		bits = k.Curve.Params().BitSize
		usual = map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}[bits]
	case ed25519.PrivateKey:
		usual = "EdDSA"
	}
	hash, known := hashes[strings.TrimLeft(usual, "RPES")]
	if usual == "" || usual != "EdDSA" && !known || algorithm != "" && algorithm != usual {
		return "", fmt.Errorf("a private_key of the type %T cannot sign with %q", key, algorithm)
	}
	header := map[string]any{"alg": usual, "typ": "JWT"}
	if id != "" {
		header["kid"] = id
	}
	text := ""
	for _, part := range []any{header, claims} {
		data, err := json.Marshal(part)
		if err != nil {
			return "", err
		}
		text += base64.RawURLEncoding.EncodeToString(data) + "."
	}
	text = strings.TrimSuffix(text, ".")
	digest, options := []byte(text), crypto.SignerOpts(hash)
	if usual != "EdDSA" {
		h := hash.New()
		h.Write(digest)
		digest = h.Sum(nil)
	}
	var signature []byte
	var err error
	switch k := key.(type) {
	case *ecdsa.PrivateKey: // two numbers of the size of the curve, where crypto writes ASN.1
		r, s, failed := ecdsa.Sign(rand.Reader, k, digest)
		size := (bits + 7) / 8
		if err = failed; err == nil {
			signature = append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
		}
	default:
		if strings.HasPrefix(usual, "PS") {
			options = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
		}
		signature, err = key.Sign(rand.Reader, digest, options)
	}
	if err != nil {
		return "", fmt.Errorf("signing with private_key: %w", err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// hashes are the hashes by the digits in the names of algorithms.
var hashes = map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}
