package transport

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
)

// readBody reads a body, decoded, up to a limit (C20).
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	limit = min(limit, math.MaxInt64-1)
	wire := &counter{from: resp.Body}
	decoded, err := decode(wire, resp.Header)
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	if n := resp.ContentLength; n > 0 && n <= min(limit, maxSized) {
		body.Grow(int(n) + bytes.MinRead)
	}
	_, err = body.ReadFrom(io.LimitReader(decoded, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the response: %w", err)
	case int64(body.Len()) > limit:
		return nil, fmt.Errorf("the response body is larger than %d bytes", limit)
	case wire.n < resp.ContentLength && hasBody(resp):
		// net/http sees to this; a RoundTripper of the caller's may not.
		return nil, fmt.Errorf("reading the response: %w: %d of %d bytes came", io.ErrUnexpectedEOF, wire.n, resp.ContentLength)
	}
	return body.Bytes(), nil
}

// maxSized is the length of a body up to which a server is believed before it
// has sent it.
const maxSized = 4 << 20

// hasBody reports whether a response has the body that its Content-Length is
// the length of (RFC 9110 §8.6).
func hasBody(resp *http.Response) bool {
	return resp.Request.Method != http.MethodHead && resp.StatusCode != http.StatusNoContent && resp.StatusCode != http.StatusNotModified
}

// counter counts what is read.
type counter struct {
	from io.Reader
	n    int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	return n, err
}

// maxCodings bounds the codings on top of one another; there is no use for
// more than one.
const maxCodings = 3

// decode undoes the content codings of a body (RFC 9110 §8.4), those that
// net/http has not undone itself because the step has asked for them.
func decode(from io.Reader, header http.Header) (io.Reader, error) {
	if header["Content-Encoding"] == nil {
		return from, nil
	}
	body := bufio.NewReader(from)
	if _, err := body.Peek(1); err == io.EOF {
		return body, nil // such as the answer to a HEAD
	}
	codings := strings.Split(strings.ToLower(strings.Join(header.Values("Content-Encoding"), ",")), ",")
	if len(codings) > maxCodings {
		return nil, fmt.Errorf("the response body is in %d content codings; up to %d are read", len(codings), maxCodings)
	}
	for _, coding := range slices.Backward(codings) {
		decoded, err := decodeOne(strings.TrimSpace(coding), body)
		if err != nil {
			return nil, err
		}
		body = bufio.NewReader(decoded)
	}
	return body, nil
}

func decodeOne(coding string, body *bufio.Reader) (decoded io.Reader, err error) {
	switch coding {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		decoded, err = gzip.NewReader(body)
	case "deflate":
		// zlib by RFC 9110; some servers send the bare deflate stream.
		if head, _ := body.Peek(2); len(head) == 2 && (head[0]&15 != 8 || (int(head[0])<<8|int(head[1]))%31 != 0) {
			return flate.NewReader(body), nil
		}
		decoded, err = zlib.NewReader(body)
	default:
		return nil, fmt.Errorf("the response body is in the content coding %q; identity, gzip and deflate are read", coding)
	}
	if err != nil {
		return nil, fmt.Errorf("the response body, coded as %s: %w", coding, err)
	}
	return decoded, nil
}
