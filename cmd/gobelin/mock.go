package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/mock"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/simulate"
	"github.com/spf13/cobra"
)

// mocking holds the flags of gobelin mock.
type mocking struct {
	sources
	addr    string
	chaos   []string
	verbose bool
	server  mock.Server

	workflows int // of the documents
}

func mockCommand() *cobra.Command {
	var m mocking
	c := &cobra.Command{
		Use:   "mock DOCUMENT|[NAME=]OPENAPI...",
		Short: "Serve OpenAPI descriptions: answers with state, and workflows that succeed",
		Long: "mock answers requests as OpenAPI descriptions (2.0 to 3.2) say, with state that is inferred from them: what POST has created " +
			"GET finds, PATCH and PUT change it, DELETE removes it, lists filter and page, states move. Requests are held against the " +
			"description, credentials have to be there, whatever they are. Of an Arazzo document it serves the descriptions, and answers so " +
			"that its workflows succeed.\n\n" +
			"One description is served at the path of its server; several are served below /NAME each, and where no such path is, at the " +
			"paths of their servers. A header Mock-Session gives a client a state of its own. Below /_mock there are GET state, POST seed, " +
			"POST reset, POST clock?advance=1h and GET routes.\n\n" +
			"The header Prefer: code=404, example=name, dynamic=true asks for another answer.\n\n" +
			"Exit codes: 0 when it is interrupted, 2 usage, document or address.",
		Example: "  gobelin mock openapi.yaml\n  gobelin mock workflow.yaml --addr 127.0.0.1:9000\n" +
			"  gobelin mock shop=shop.yaml pay=pay.yaml --chaos 'p=0.1,status=503,retry-after=1' --chaos latency=20ms..200ms",
		Args: positional("gobelin mock DOCUMENT|[NAME=]OPENAPI...", 1, 1000),
		RunE: m.run,
	}
	m.sources.flags(c)
	f := c.Flags()
	f.StringVar(&m.addr, "addr", "127.0.0.1:8080", "`HOST:PORT` to listen on; port 0 takes a free one")
	f.StringArrayVar(&m.chaos, "chaos", nil, "let go wrong some of the requests: `SETTINGS` of p, status, retry-after, drop, latency, "+
		"operation and seed, as p=0.1,status=503,retry-after=1; repeatable")
	f.Uint64Var(&m.server.Seed, "seed", 0, "make other choices where a schema leaves one; the same `N` makes the same answers")
	f.DurationVar(&m.server.StateTime, "state-time", 0, "`TIME` that an item stays in a state that it leaves by itself (default 200ms)")
	f.BoolVar(&m.server.StrictState, "strict-state", false, "answer 404 for items that no request has created")
	f.BoolVar(&m.server.AnyCredential, "any-credential", false, "answer requests without the credentials that the description requires")
	f.BoolVar(&m.server.AnyRequest, "any-request", false, "answer requests that do not fit the description")
	f.StringVar(&m.server.Admin, "admin", "/_mock", "`PATH` below which state is shown and set, - for none")
	f.StringVar(&m.server.SessionHeader, "session-header", "Mock-Session", "`NAME` of the header whose values have states of their own")
	f.Int64Var(&m.server.MaxBody, "max-body", 8<<20, "most `BYTES` of a request's body")
	f.BoolVarP(&m.verbose, "verbose", "v", false, "print each request, and why it was answered so")
	return c
}

func (m *mocking) run(c *cobra.Command, args []string) error {
	ctx := c.Context()
	for _, text := range m.chaos {
		chaos, err := mock.ParseChaos(text)
		if err != nil {
			return fmt.Errorf("--chaos %w", err)
		}
		m.server.Chaos = append(m.server.Chaos, chaos)
	}
	if m.server.StateTime < 0 {
		return fmt.Errorf("--state-time %v: must not be negative", m.server.StateTime)
	}
	began := time.Now()
	m.adjust = func(c *runtime.Compiler) error { c.Files = simulate.Files(); return nil }
	for _, name := range args {
		if err := m.add(ctx, c, name); err != nil {
			return err
		}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", m.addr)
	if err != nil {
		return fmt.Errorf("--addr %s: %w", m.addr, err)
	}
	out := newTerminal(c.OutOrStdout())
	if m.verbose {
		m.server.OnAnswer = func(a mock.Answered) {
			out.printf("%s %s %d %s\n", a.Method, a.Path, a.Status, a.Operation)
			for _, note := range a.Notes {
				out.printf("  %s\n", note)
			}
		}
	}
	at := "http://" + listener.Addr().String()
	var flags strings.Builder
	for _, name := range m.server.Sources() {
		fmt.Fprintf(&flags, " --server %s=%s", name, at+m.server.BasePath(name))
		out.printf("%s: %s\n", name, at+m.server.BasePath(name))
	}
	if m.workflows > 0 {
		out.printf("%s, of which %d can succeed\n", count(m.workflows, "workflow"), len(m.server.Workflows()))
	}
	out.printf("%d operations, ready after %v; for gobelin run:%s\n", len(m.server.Routes()), time.Since(began).Round(time.Millisecond),
		flags.String())
	server := http.Server{Handler: &m.server, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10}
	stop := context.AfterFunc(ctx, func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if server.Shutdown(closing) != nil {
			server.Close()
		}
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// add adds an Arazzo document or a description.
func (m *mocking) add(ctx context.Context, c *cobra.Command, text string) error {
	name, at, named := strings.Cut(text, "=")
	if !named || strings.ContainsAny(name, `/\:`) {
		at, name = text, sourceName(text)
	}
	loader, err := m.loader()
	if err != nil {
		return err
	}
	data, err := loader.Load(ctx, at)
	if err != nil {
		return err
	}
	if root, err := tree.ParseOutline(data, &tree.Outline{Members: map[string]*tree.Outline{}}); err == nil && root.Get("arazzo") != nil {
		p, err := m.open(c, at)
		if err != nil {
			return documentError(c, p, err)
		}
		m.workflows += len(p.Workflows())
		return m.server.AddProgram(ctx, p)
	}
	return m.server.Add(ctx, name, at, loader)
}

// sourceName is the name of a description that is given none: that of its file.
func sourceName(at string) string {
	base := filepath.Base(at)
	if u, err := url.Parse(at); err == nil && isURL(at) {
		base = path.Base(u.Path)
	}
	return strings.TrimSuffix(base, path.Ext(base))
}
