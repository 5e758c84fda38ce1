package attack

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// The server is at two origins; nothing else can be reached.
const (
	good  = "good.example"
	other = "other.example"
)

// server answers with the texts of an attack, byte by byte as they are given, and
// keeps what it was sent.
type server struct {
	listener net.Listener
	answers  []prepared

	mu    sync.Mutex
	count int
	sent  []request
	raw   []byte   // all that came, up to keptRaw
	dials []string // to addresses where nothing may go
}

const keptRaw = 1 << 20

// A request is what the server read.
type request struct {
	host, line string // method and URL
	text       string // header and body
}

func serve(t testing.TB, a *attack) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{listener: listener}
	for i := range a.Answers {
		s.answers = append(s.answers, a.Answers[i].prepared(a.Fill))
	}
	if len(s.answers) == 0 {
		s.answers = []prepared{(&answer{Body: text{plain: "{}"}}).prepared(nil)}
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.talk(conn)
		}
	}()
	return s
}

// client reaches the two origins, and notes what it is asked to reach beyond.
func (s *server) client() *http.Client {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if lower := strings.ToLower(address); lower == good+":80" || lower == other+":80" {
			return new(net.Dialer).DialContext(ctx, network, s.listener.Addr().String())
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.dials = append(s.dials, address)
		return nil, errors.New("nothing may go to " + address)
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial}}
}

// Read keeps what comes over a connection.
type listening struct {
	net.Conn
	s *server
}

func (l listening) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.s.raw = append(l.s.raw, p[:min(n, keptRaw-len(l.s.raw))]...)
	return n, err
}

func (s *server) talk(conn net.Conn) {
	defer conn.Close()
	from := bufio.NewReader(listening{conn, s})
	for {
		r, err := http.ReadRequest(from)
		if err != nil {
			var gone net.Error
			if err != io.EOF && err != io.ErrUnexpectedEOF && !errors.As(err, &gone) {
				s.note(request{line: "what is no request: " + err.Error()})
			}
			return
		}
		body, _ := io.ReadAll(io.LimitReader(r.Body, keptRaw))
		_, _ = io.Copy(io.Discard, r.Body)
		a := s.note(request{r.Host, r.Method + " http://" + r.Host + r.RequestURI, fmt.Sprintf("%v\n%s", r.Header, body)})
		if !a.write(conn, r) {
			return
		}
		switch a.end {
		case "close":
			return
		case "reset":
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			return
		case "hang":
			_, _ = io.Copy(io.Discard, conn) // until the client goes
			return
		}
	}
}

// note keeps a request and returns the answer to it: the last one again at the end.
func (s *server) note(r request) *prepared {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &s.answers[min(s.count, len(s.answers)-1)]
	s.count++
	if len(s.sent) < 1000 {
		s.sent = append(s.sent, r)
	}
	return a
}

// prepared is an answer in bytes.
type prepared struct {
	head, body, endless []byte
	end                 string
}

func (p *prepared) write(conn net.Conn, r *http.Request) bool {
	if _, err := conn.Write(p.head); err != nil {
		return false
	}
	if r.Method != http.MethodHead {
		if _, err := conn.Write(p.body); err != nil {
			return false
		}
	}
	if len(p.endless) == 0 {
		return true
	}
	for {
		if _, err := conn.Write(p.endless); err != nil {
			return false
		}
	}
}

func (a *answer) prepared(fill map[string]text) prepared {
	p := prepared{end: a.End}
	if chunk := a.Endless.bytes(fill); len(chunk) > 0 {
		p.endless = bytes.Repeat(chunk, max(1, 1<<15/len(chunk)))
	}
	if a.Raw.set {
		p.head = a.Raw.bytes(fill)
		return p
	}
	p.body = a.Body.bytes(fill)
	var head bytes.Buffer
	fmt.Fprintf(&head, "HTTP/1.1 %03d Said\r\n", cmp.Or(a.Status, http.StatusOK))
	var lines bytes.Buffer
	for i := range a.Headers {
		lines.Write(a.Headers[i].bytes(fill))
		lines.WriteString("\r\n")
	}
	named := func(name string) bool {
		return bytes.HasPrefix(lines.Bytes(), []byte(name)) || bytes.Contains(lines.Bytes(), []byte("\n"+name))
	}
	if !named("Content-Type:") && len(p.body) > 0 {
		head.WriteString("Content-Type: application/json\r\n")
	}
	if !named("Content-Length:") && !named("Transfer-Encoding:") && !a.Endless.set {
		fmt.Fprintf(&head, "Content-Length: %d\r\n", len(p.body))
	}
	head.Write(lines.Bytes())
	head.WriteString("\r\n")
	p.head = head.Bytes()
	return p
}
