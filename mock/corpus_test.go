package mock_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/shared"
	"github.com/gobelin-dev/gobelin/mock"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/simulate"
)

// TestCorpus serves the documents of the corpus, and runs the workflows over HTTP that succeed
// in a simulation, with its inputs, all of a document in one session.
func TestCorpus(t *testing.T) {
	corpus := shared.ReadCorpus(t)
	verbose := os.Getenv("GOBELIN_CORPUS") != ""
	every := 20 // documents, of which one is taken
	if verbose {
		every = 1
	}
	simulated, succeeded := 0, 0
	var slow []string
	began := time.Now()
	for i, d := range corpus.Documents {
		if !d.Complete || i%every != 0 {
			continue
		}
		doc, err := arazzo.ParseFile(d.Name, corpus.File(d.Name))
		if err != nil {
			continue
		}
		c := runtime.Compiler{Loader: runtime.LoaderFunc(func(ctx context.Context, at string) ([]byte, error) { return corpus.Load(ctx, at) }),
			Base: d.Base, Files: simulate.Files()}
		p, err := c.Compile(t.Context(), doc)
		if err != nil {
			continue
		}
		start := time.Now()
		clock := &instant{}
		s := mock.Server{Now: clock.Now}
		if err := s.AddProgram(t.Context(), p); err != nil {
			t.Errorf("%s: %v", d.Name, err)
			continue
		}
		if took := time.Since(start); took > 2*time.Second {
			slow = append(slow, fmt.Sprint(d.Name, " ", took))
		}
		server := httptest.NewServer(&s)
		driver := runtime.Driver{Clock: clock, Servers: map[string]string{}, Credentials: anyCredential{},
			Settings: runtime.Settings{LoopDelay: -1}}
		for _, name := range s.Sources() {
			driver.Servers[name] = server.URL + s.BasePath(name)
		}
		for _, w := range p.Workflows() {
			if len(w.Errors) > 0 {
				continue
			}
			script, ok, err := new(simulate.Simulator).Script(t.Context(), p, w.ID)
			if err != nil || !ok {
				continue
			}
			simulated++
			if _, err := driver.Run(t.Context(), p, w.ID, script.Inputs); err != nil {
				if verbose || every > 1 {
					t.Logf("FAILED %s %s: %v", d.Name, w.ID, err)
				}
				continue
			}
			succeeded++
		}
		server.Close()
	}
	t.Logf("%d workflows simulate, %d succeed on the mock; %v", simulated, succeeded, time.Since(began))
	for _, line := range slices.Sorted(slices.Values(slow)) {
		t.Log("SLOW", line)
	}
	if simulated == 0 || 100*succeeded < 97*simulated {
		t.Errorf("%d of %d workflows succeed on the mock", succeeded, simulated)
	}
}

// anyCredential is there for every scheme.
type anyCredential struct{}

func (anyCredential) Credential(_ context.Context, r runtime.CredentialRequest) (string, error) {
	if r.Name == "" { // of a scheme that does not say where
		return "", nil
	}
	return "credential-of-a-test", nil
}

// instant is a clock whose waits pass at once. The mock has the same one.
type instant struct{ ahead atomic.Int64 }

func (c *instant) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *instant) Sleep(ctx context.Context, d time.Duration) error {
	c.ahead.Add(int64(d))
	return ctx.Err()
}
