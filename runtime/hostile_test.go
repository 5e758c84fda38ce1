package runtime_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
	"golang.org/x/net/dns/dnsmessage"
)

// names is a name server: an answer for each time that a name is asked for, the last
// one for all times after.
type names struct {
	conn    net.PacketConn
	mu      sync.Mutex
	answers map[string][]string
	asked   map[string]int // times
}

func newNames(t *testing.T, answers map[string][]string) *names {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &names{conn: conn, answers: answers, asked: map[string]int{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		packet := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			if answer, err := n.answer(packet[:size]); err == nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return n
}

func (n *names) answer(packet []byte) ([]byte, error) {
	var query dnsmessage.Message
	if err := query.Unpack(packet); err != nil {
		return nil, err
	}
	question := query.Questions[0]
	name := strings.TrimSuffix(strings.ToLower(question.Name.String()), ".")
	answer := dnsmessage.Message{Header: dnsmessage.Header{ID: query.ID, Response: true, Authoritative: true}, Questions: query.Questions}
	n.mu.Lock()
	defer n.mu.Unlock()
	list := n.answers[name]
	if len(list) == 0 {
		answer.RCode = dnsmessage.RCodeNameError
		return answer.Pack()
	}
	for _, text := range strings.Fields(list[min(n.asked[name]/2, len(list)-1)]) { // A and AAAA
		head := dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET, Type: question.Type}
		switch at := netip.MustParseAddr(text); {
		case at.Is4() && question.Type == dnsmessage.TypeA:
			answer.Answers = append(answer.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: at.As4()}})
		case at.Is6() && question.Type == dnsmessage.TypeAAAA:
			answer.Answers = append(answer.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: at.As16()}})
		}
	}
	n.asked[name]++
	return answer.Pack()
}

// resolver asks the name server.
func (n *names) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", n.conn.LocalAddr().String())
	}}
}

// hostile is a network whose hosts are all one server, at the addresses that their
// names have. It answers with documents that lead to the place in the query.
type hostile struct {
	names  *names
	server *httptest.Server
	client *http.Client

	mu      sync.Mutex
	reached []string // the hosts from which a target was read
}

// placed is a connection to an address of the network.
type placed struct {
	net.Conn
	at *net.TCPAddr
}

func (p placed) RemoteAddr() net.Addr { return p.at }

func newHostile(t *testing.T, answers map[string][]string) *hostile {
	h := &hostile{names: newNames(t, answers)}
	mux := http.NewServeMux()
	mux.HandleFunc("/target", func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.reached = append(h.reached, r.Host)
		h.mu.Unlock()
		text := described("#/components/parameters/p") + "components: {parameters: {p: {name: q, in: query, schema: {type: string}}}}\n"
		if r.URL.RawQuery == "arazzo" {
			text = flowOf("target", operation)
		}
		_, _ = io.WriteString(w, text)
	})
	mux.HandleFunc("/description", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, described(r.URL.Query().Get("to")+"#/components/parameters/p"))
	})
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) {
		code, err := strconv.Atoi(r.URL.Query().Get("code"))
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.WriteHeader(code)
	})
	h.server = httptest.NewServer(mux)
	transport := &http.Transport{DialContext: h.dial}
	h.client = &http.Client{Transport: transport}
	t.Cleanup(func() { transport.CloseIdleConnections(); h.server.Close() })
	return h
}

// dial connects to the server, as the first address of a host.
func (h *hostile) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	found, err := h.names.resolver().LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, h.server.Listener.Addr().String())
	return placed{conn, net.TCPAddrFromAddrPort(netip.AddrPortFrom(found[0], uint16(number)))}, err
}

// get is the document at a place, which calls a workflow or an operation of a source.
func get(t *testing.T, place, source, step string) *arazzo.Document {
	t.Helper()
	return parse(t, place, flowOf(source, step))
}

// flowOf is the text of a document with one step.
func flowOf(source, step string) string {
	return flowHead + "sourceDescriptions: [{name: api, url: '" + source + "'}]\n" +
		"workflows: [{workflowId: w, steps: [{stepId: s, " + step + "}]}]\n"
}

const operation = "operationId: get, parameters: [{name: q, in: query, value: v}]"

// ways are how a document of the network leads to a place.
var ways = map[string]func(t *testing.T, to string) *arazzo.Document{
	"a source": func(t *testing.T, to string) *arazzo.Document {
		return get(t, "http://a.example/w.yaml", to, operation)
	},
	"a called document": func(t *testing.T, to string) *arazzo.Document {
		return get(t, "http://a.example/w.yaml", to+"?arazzo", "workflowId: $sourceDescriptions.api.w")
	},
	"a $ref": func(t *testing.T, to string) *arazzo.Document {
		return get(t, "http://a.example/w.yaml", "http://a.example/description?to="+url.QueryEscape(to), operation)
	},
	"a $ref from a local document's source": func(t *testing.T, to string) *arazzo.Document {
		return get(t, "w.yaml", "http://a.example/description?to="+url.QueryEscape(to), operation)
	},
	"redirects": func(t *testing.T, to string) *arazzo.Document {
		for _, code := range []string{"308", "307", "303", "302", "301"} {
			to = "http://a.example/redirect?code=" + code + "&to=" + url.QueryEscape(to)
		}
		return get(t, "w.yaml", to, operation)
	},
}

// No document of the network leads to an address that only this machine or its
// network can reach, however it is spelled and by whatever way; to others it does.
func TestAddressesOfHostileDocuments(t *testing.T) {
	const inside, noURL, unknown = "an address of this machine or its network", "parse ", "no such host"
	answers := map[string][]string{"a.example": {"93.184.216.34"}, "six.example": {"2606:4700::1111"}}
	tests := map[string]string{ // by host; the error
		"a.example": "", "A.Example:8080": "", "a.example.": "", "six.example": "", "8.8.8.8": "",
		"[2606:4700::1111]": "", "[::ffff:8.8.8.8]": "",
		"[64:ff9b::808:808]": "", "me:pw@a.example": "", "127.0.0.1@a.example": "",

		"127.0.0.1": inside, "127.1.2.3:8080": inside, "localhost": inside, "LOCALHOST": inside, "localhost.": inside, "a.localhost": inside,
		"0.0.0.0": inside, "10.1.2.3": inside, "172.16.0.1": inside, "192.168.0.1": inside, "100.64.0.1": inside, "169.254.169.254": inside,
		"198.18.0.1": inside, "224.0.0.1": inside, "255.255.255.255": inside,
		"0x7f.1": inside, "0x7f000001": inside, "2130706433": inside, "017700000001": inside, "0177.0.0.1": inside, "127.1": inside, "0": inside,
		"127.0.0.1.": inside, "[::1]": inside, "[::]": inside, "[::ffff:127.0.0.1]": inside, "[::ffff:7f00:1]": inside, "[::7f00:1]": inside,
		"[fd00::1]": inside, "[fe80::1]": inside, "[fe80::1%25eth0]": inside, "[fec0::1]": inside, "[ff02::1]": inside,
		"[64:ff9b::7f00:1]": inside, "[64:ff9b::a9fe:a9fe]": inside, "[64:ff9b:1::1]": inside,
		"[2002:7f00:1::]": inside, "[2002:a00:1::1]": inside,
		"a.example@127.0.0.1": inside, "a.example:80@localhost": inside, "１２７.0.0.1": inside, "①②⑦.⓪.⓪.①": inside, "ⓛocalhost": inside,
		"%31%32%37.0.0.1": inside + "|" + noURL, "printer.local": inside, "metadata.google.internal": inside,
		"a.example%2f@127.0.0.1": inside, "127.0.0.1%00.a.example": noURL, "[::1": noURL, "none.example": unknown,
	}
	for i, address := range []string{"127.0.0.1", "0.0.0.0", "10.0.0.7", "100.100.0.1", "169.254.169.254", "172.31.0.1",
		"192.168.1.1", "::1", "::", "fd12::1", "fe80::1", "64:ff9b::7f00:1", "2002:7f00:1::1"} {
		host := fmt.Sprintf("rebound%d.example", i)
		answers[host] = []string{address}
		tests[host] = inside
	}
	for host, want := range tests {
		h := newHostile(t, answers)
		for way, document := range ways {
			h.reached = nil
			compiler := runtime.Compiler{Loader: runtime.FilesAndHTTP(h.client)}
			_, err := compiler.Compile(t.Context(), document(t, "http://"+host+"/target"))
			told := func(want string) bool { return err != nil && strings.Contains(err.Error(), want) }
			if want == "" && (err != nil || len(h.reached) == 0) || want != "" && !slices.ContainsFunc(strings.Split(want, "|"), told) {
				t.Errorf("%s to %s: %v, want %q", way, host, err, want)
			}
			if want != "" && len(h.reached) > 0 {
				t.Errorf("%s to %s: reached %q", way, host, h.reached)
			}
		}
	}
}

// A name that had a public address when it was first asked for has another one the
// next time: what counts is what is connected to.
func TestNameThatIsRebound(t *testing.T) {
	h := newHostile(t, map[string][]string{"a.example": {"93.184.216.34"}, "rebind.example": {"93.184.216.34", "127.0.0.1"}})
	doc := func(name string) *arazzo.Document {
		return get(t, "http://a.example/"+name, "http://rebind.example/target?"+name, operation)
	}
	loader := runtime.FilesAndHTTP(h.client)
	if _, err := (&runtime.Compiler{Loader: loader}).Compile(t.Context(), doc("first")); err != nil {
		t.Fatal(err)
	}
	_, err := (&runtime.Compiler{Loader: loader}).Compile(t.Context(), doc("second"))
	if err == nil || !strings.Contains(err.Error(), "an address of this machine or its network") {
		t.Error(err)
	}
	if len(h.reached) != 1 {
		t.Errorf("reached %q", h.reached)
	}
}

// A connection to an address inside is not even tried: which ports are open stays
// unknown.
func TestNoConnectionInside(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan struct{}, 1)
	go func() {
		if conn, err := listener.Accept(); err == nil {
			conn.Close()
			accepted <- struct{}{}
		}
		close(accepted)
	}()
	before := net.DefaultResolver
	defer func() { net.DefaultResolver = before }()
	net.DefaultResolver = newNames(t, map[string][]string{"inside.example": {"127.0.0.1"}}).resolver()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, client := range []*http.Client{nil, {Transport: &http.Transport{}}} {
		for _, host := range []string{"127.0.0.1", "inside.example"} {
			compiler := runtime.Compiler{Loader: runtime.FilesAndHTTP(client)}
			_, err := compiler.Compile(t.Context(), get(t, "http://a.example/w.yaml", "http://"+host+":"+port+"/", operation))
			if err == nil || !strings.Contains(err.Error(), "an address of this machine or its network") {
				t.Errorf("%s: %v", host, err)
			}
		}
	}
	listener.Close()
	if _, connected := <-accepted; connected {
		t.Error("connected")
	}
}

// A server that a run talks to redirects it to no address inside, either.
func TestRedirectsOfHostileServers(t *testing.T) {
	const refused = "is not followed"
	for to, want := range map[string]string{
		"http://b.example/target": "", "http://8.8.8.8/target": "",
		"http://127.0.0.1/target": refused, "http://2130706433/target": refused, "http://[::ffff:7f00:1]/target": refused,
		"http://169.254.169.254/target": refused, "http://rebound.example/target": refused, "http://0x7f.1/target": refused,
		"http://[64:ff9b::7f00:1]/target": refused, "file:///etc/passwd": refused, "ftp://a.example/target": refused,
	} {
		for _, code := range []int{301, 302, 303, 307, 308} {
			h := newHostile(t, map[string][]string{"a.example": {"93.184.216.34"}, "b.example": {"1.1.1.1"}, "rebound.example": {"10.0.0.7"}})
			const paths = "{/redirect: {get: {operationId: get, parameters: [{name: code, in: query, schema: {type: integer}}, " +
				"{name: to, in: query, schema: {type: string}}], responses: {'200': {description: ok}}}}}"
			compiler := runtime.Compiler{Loader: served{"api.yaml": "openapi: 3.0.3\ninfo: {title: A, version: '1'}\n" +
				"servers: [{url: 'http://a.example'}]\npaths: " + paths + "\n"}}
			program, err := compiler.Compile(t.Context(), get(t, "w.yaml", "api.yaml", fmt.Sprintf("operationId: get, "+
				"successCriteria: [{condition: $statusCode == 200}], parameters: [{name: code, in: query, value: %d}, "+
				"{name: to, in: query, value: '%s'}]", code, to)))
			if err != nil {
				t.Fatal(err)
			}
			driver := runtime.Driver{Client: h.client}
			got := ""
			if _, err := driver.Run(t.Context(), program, "w", nil); err != nil {
				got = err.Error()
			}
			if want == "" && (got != "" || len(h.reached) != 1) || want != "" && (!strings.Contains(got, want) || len(h.reached) > 0) {
				t.Errorf("%d to %s: %q, reached %q", code, to, got, h.reached)
			}
		}
	}
}

// A document leads to no file outside of its folder, by whatever way.
func TestFilesOfHostileDocuments(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	whole := described("#/components/parameters/p") + "components: {parameters: {p: {name: q, in: query, schema: {type: string}}}}\n"
	called := flowOf("api.yaml", operation)
	served{"tree/.git/HEAD": "", "tree/api.yaml": whole, "tree/a b.yaml": whole, "tree/sub/api.yaml": whole, "tree/called.yaml": called,
		"outside/api.yaml": whole, "outside/called.yaml": called}.write(t, ".")
	for link, target := range map[string]string{"tree/link.yaml": "../outside/api.yaml", "tree/folder": "../outside",
		"tree/within.yaml": "api.yaml", "tree/absolute.yaml": filepath.Join(dir, "outside/api.yaml"), "tree/twice.yaml": "link.yaml",
		"tree/round.yaml": "round.yaml"} {
		if err := os.Symlink(filepath.FromSlash(target), filepath.FromSlash(link)); err != nil {
			t.Skip("links cannot be made here: ", err)
		}
	}
	at := "file://" + filepath.ToSlash(dir)
	const outside, link, other, missing = "is outside", "a link that leads out of", "only files of this machine are read", "no such file"
	for place, want := range map[string]string{
		"api.yaml": "", "a%20b.yaml": "", "sub/../api.yaml": "", at + "/tree/sub/api.yaml": "", "within.yaml": "",
		"file://localhost" + filepath.ToSlash(dir) + "/tree/api.yaml": "",

		at + "/outside/api.yaml": outside, "file://localhost" + filepath.ToSlash(dir) + "/outside/api.yaml": outside,
		"FILE://" + filepath.ToSlash(dir) + "/outside/api.yaml": outside, filepath.ToSlash(dir) + "/outside/api.yaml": outside,
		"../outside/api.yaml": outside, "sub/../../outside/api.yaml": outside, "%2e%2e/outside/api.yaml": outside,
		"..%2foutside%2Fapi.yaml": outside, at + "/tree/%2e%2e/outside/api.yaml": outside, "folder/api.yaml": link, "link.yaml": link,
		"absolute.yaml": link, "twice.yaml": link, "round.yaml": "too many", "file://other.example/outside/api.yaml": other,
		"//other.example/api.yaml": other,
		"file:///dev/zero":         outside, "file:///etc/passwd": outside, "/proc/self/environ": outside,
		"sub": "a directory", "none.yaml": missing,
		"ftp://a.example/api.yaml": `the scheme "ftp" is not supported`, "data:,openapi": `the scheme "data" is not supported`,
	} {
		for way, text := range map[string]string{
			"a source":          flowOf(place, operation),
			"a $ref":            flowOf("description.yaml", operation),
			"a called document": flowOf("calling.yaml", "workflowId: $sourceDescriptions.api.w"),
		} {
			served{"tree/description.yaml": described(place + "#/components/parameters/p"),
				"tree/calling.yaml": flowOf(place, operation)}.write(t, ".")
			compiler := runtime.Compiler{Loader: runtime.FilesAndHTTP(http.DefaultClient), Strict: true}
			_, err := compiler.Compile(t.Context(), parse(t, "tree/w.yaml", text))
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s to %s: %v, want %q", way, place, err, want)
			}
		}
	}
}

// A file becomes a link that leads outside while it is read: it is read as it was, or
// refused.
func TestFileThatBecomesALink(t *testing.T) {
	dir := t.TempDir()
	served{"tree/.git/HEAD": "", "tree/w.yaml": "", "outside/secret": "secret"}.write(t, dir)
	place := filepath.Join(dir, "tree", "api.yaml")
	link, file := filepath.Join(dir, "link"), filepath.Join(dir, "file")
	if err := os.Symlink(filepath.Join(dir, "outside", "secret"), link); err != nil {
		t.Skip("links cannot be made here: ", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			for _, target := range []string{filepath.Join(dir, "outside", "secret"), ""} {
				if target == "" {
					_ = os.WriteFile(file, []byte("own"), 0o600)
				} else {
					_ = os.Symlink(target, file)
				}
				_ = os.Rename(file, place)
			}
		}
	}()
	read, refused := 0, 0
	loader := runtime.LoaderFunc(func(ctx context.Context, location string) ([]byte, error) {
		for range 1000 {
			switch text, err := (runtime.FileLoader{}).Load(ctx, location); {
			case err != nil:
				refused++
			case string(text) == "secret":
				t.Error("the secret is read")
			default:
				read++
			}
		}
		return nil, os.ErrNotExist
	})
	_, _ = (&runtime.Compiler{Loader: loader}).Compile(t.Context(), get(t, filepath.Join(dir, "tree", "w.yaml"), "api.yaml", operation))
	cancel()
	<-done
	if read+refused != 1000 {
		t.Errorf("%d times read, %d times refused", read, refused)
	}
}

// Texts without end, too large, too slow, or in forms that nobody asked for.
func TestTextsOfHostileServers(t *testing.T) {
	const most = 1 << 20
	bomb := func() []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write(make([]byte, 64<<20))
		_ = w.Close()
		return b.Bytes()
	}()
	drip := func(w io.Writer, r *http.Request) { // a byte now and then
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-r.Context().Done():
				return
			case <-tick.C:
				if _, err := io.WriteString(w, "#"); err != nil {
					return
				}
				if f, ok := w.(http.Flusher); ok {
					f.Flush()
				}
			}
		}
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"within the limit": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte("#"), most)) }, ""},
		"a length that is too large": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "1000000000000") },
			"the text has more than 1048576 bytes"},
		"one byte too many": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte("#"), most+1)) },
			"the text has more than 1048576 bytes"},
		"without an end": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 32<<10)); err != nil {
					return
				}
			}
		}, "the text has more than 1048576 bytes"},
		"a gzip bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb)
		}, "the text has more than 1048576 bytes"},
		"a gzip bomb twice": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip, gzip")
			_, _ = w.Write(bomb)
		}, `content coding "gzip, gzip"`},
		"brotli":    {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Encoding", "br") }, `content coding "br"`},
		"zstd":      {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Encoding", "zstd") }, `content coding "zstd"`},
		"no header": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "there is no whole answer after 100ms"},
		"a slow header": {func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nX: ")
			drip(conn, r.WithContext(context.Background()))
		}, "there is no whole answer after 100ms"},
		"a slow body": {func(w http.ResponseWriter, r *http.Request) { drip(w, r) }, "there is no whole answer after 100ms"},
		"redirects without an end": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, fmt.Sprintf("/%d", len(r.URL.Path)), http.StatusFound)
		}, "stopped after 10 redirects"},
		"a header without an end": {func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
			for line := slices.Repeat([]byte("X: y\r\n"), 10000); ; {
				if _, err := conn.Write(line); err != nil {
					return
				}
			}
		}, "exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(test.answer)
			defer server.Close()
			defer server.CloseClientConnections()
			loader := &runtime.RemoteLoader{Client: server.Client(), MaxSize: most}
			if strings.Contains(test.want, "100ms") {
				loader.Timeout = 100 * time.Millisecond
			}
			text, err := loader.Load(t.Context(), server.URL+"/")
			if test.want == "" && (err != nil || len(text) != most) || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%d bytes, %v, want %q", len(text), err, test.want)
			}
		})
	}
}
