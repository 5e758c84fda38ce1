package transport

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// readBody reads a body up to a limit and decodes it (C20).
func readBody(resp *http.Response, limits Limits) ([]byte, error) {
	limit := min(limits.Body, math.MaxInt64-1)
	room := int64(unsized)
	if n := resp.ContentLength; n >= 0 && n <= min(limit, maxSized) && hasBody(resp) {
		room = n + 1 // to find an end that does not come with the last byte
	}
	from, wire := io.Reader(resp.Body), (*counter)(nil)
	if resp.Header["Content-Encoding"] != nil {
		var err error
		wire = &counter{from: from, progress: limits.Patience.answering}
		if from, err = decode(wire, resp.Header); err != nil {
			return nil, err
		}
	}
	body, err := readAll(from, room, limit, limits.Patience)
	came := int64(len(body))
	if wire != nil {
		came = wire.n
	}
	switch {
	case err != nil && wire != nil:
		return nil, fmt.Errorf("reading the response, coded as %s: %w", strings.Join(resp.Header.Values("Content-Encoding"), ", "), err)
	case err != nil:
		return nil, fmt.Errorf("reading the response: %w", err)
	case int64(len(body)) > limit:
		return nil, fmt.Errorf("the response body is larger than %d bytes", limit)
	case came < resp.ContentLength && hasBody(resp):
		// net/http ensures this; a RoundTripper of the caller may not.
		return nil, fmt.Errorf("reading the response: %w: got %d of %d bytes", io.ErrUnexpectedEOF, came, resp.ContentLength)
	}
	return body, nil
}

// readAll is [io.ReadAll] with an initial size, stopping when there is more
// than the limit.
func readAll(from io.Reader, room, limit int64, patience *Patience) ([]byte, error) {
	body := make([]byte, 0, room)
	for int64(len(body)) <= limit {
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := from.Read(body[len(body):min(int64(cap(body)), limit+1)])
		body = body[:len(body)+n]
		patience.answering()
		switch err {
		case nil:
		case io.EOF:
			return body, nil
		default:
			return nil, err
		}
	}
	return body, nil
}

// unsized is the initial size for a body of unknown length.
const unsized = 512

// maxSized is the greatest length for which a server is trusted before it has
// sent the body.
const maxSized = 4 << 20

// hasBody reports whether a response has a body, whose length is its
// Content-Length (RFC 9110 §8.6).
func hasBody(resp *http.Response) bool {
	return resp.Request.Method != http.MethodHead && resp.StatusCode != http.StatusNoContent && resp.StatusCode != http.StatusNotModified
}

// counter counts the bytes that are read.
type counter struct {
	from     io.Reader
	progress func()
	n        int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	c.progress()
	return n, err
}

// maxCodings bounds the number of codings applied to one body; there is no use
// for more than one.
const maxCodings = 3

// decode undoes the content codings of a body (RFC 9110 §8.4) that net/http has
// left because the step has asked for them.
func decode(from io.Reader, header http.Header) (io.Reader, error) {
	body := bufio.NewReader(from)
	if _, err := body.Peek(1); err == io.EOF {
		return body, nil // such as the response to a HEAD
	}
	codings := strings.Split(strings.ToLower(strings.Join(header.Values("Content-Encoding"), ",")), ",")
	if len(codings) > maxCodings {
		return nil, fmt.Errorf("the response body is in %d content codings; at most %d are supported", len(codings), maxCodings)
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

// noCodings are what servers write in Content-Encoding for a body that is not coded:
// none is registered. aws-chunked is a coding of uploads, which S3 repeats.
var noCodings = []string{"", "identity", "none", "utf-8", "utf8", "iso-8859-1", "binary", "7bit", "8bit", "aws-chunked"}

func decodeOne(coding string, body *bufio.Reader) (decoded io.Reader, err error) {
	if slices.Contains(noCodings, coding) {
		return body, nil
	}
	switch coding {
	case "gzip", "x-gzip":
		if head, _ := body.Peek(2); string(head) != "\x1f\x8b" {
			return nil, fmt.Errorf("the response body is not %s, though its Content-Encoding says so", coding)
		}
		decoded, err = gzip.NewReader(body)
	case "deflate":
		// RFC 9110 requires zlib; some servers send the bare deflate stream.
		if head, _ := body.Peek(2); len(head) == 2 && (head[0]&15 != 8 || (int(head[0])<<8|int(head[1]))%31 != 0) {
			return flate.NewReader(body), nil
		}
		decoded, err = zlib.NewReader(body)
	case "br":
		return brotli.NewReader(body), nil
	case "zstd":
		// Without concurrency there are no goroutines that would have to be ended.
		decoded, err = zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	default:
		return nil, fmt.Errorf("the response body is in the content coding %q; identity, gzip, deflate, br and zstd are supported", coding)
	}
	if err != nil {
		return nil, fmt.Errorf("the response body, coded as %s: %w", coding, err)
	}
	return decoded, nil
}

// maxWindow is the memory that a body in zstd may ask for (RFC 8878, §3.1.1.1.2).
const maxWindow = 8 << 20
