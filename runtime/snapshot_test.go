package runtime_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/conformance"
	"github.com/gobelin-dev/gobelin/runtime"
	suite "github.com/gobelin-dev/gobelin/testdata/conformance"
)

// Every case of the suite comes to the same when the execution is written and
// read again before each of its commands.
func TestSuiteThroughSnapshots(t *testing.T) {
	cases, err := conformance.Load(suite.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			r := conformance.RunWith(t.Context(), c, func(ctx context.Context, d *runtime.Driver, p *runtime.Program, workflow string,
				inputs runtime.Inputs) (*runtime.Result, error) {
				return runThroughSnapshots(t, ctx, d, p, workflow, inputs)
			})
			if r.Status != conformance.Passed {
				t.Errorf("%s\n%s", c.Title, strings.Join(r.Differences, "\n"))
			}
		})
	}
}

func runThroughSnapshots(t *testing.T, ctx context.Context, d *runtime.Driver, p *runtime.Program, workflow string,
	inputs runtime.Inputs) (*runtime.Result, error) {
	x, err := p.Begin(workflow, inputs, d.Settings)
	if err != nil {
		return nil, err
	}
	for {
		x.Next()
		x = again(t, p, x)
		switch c := x.Next().(type) {
		case *runtime.Done:
			return c.Result, c.Err
		case *runtime.Send:
			d.Send(ctx, x, c)
		case *runtime.Wait:
			if err := d.Clock.Sleep(ctx, c.Duration); err != nil {
				x.Cancel(err)
			} else {
				x.Elapse()
			}
		}
	}
}

// again writes an execution and reads it again, twice: what was read is written
// to the letter as it was.
func again(t *testing.T, p *runtime.Program, x *runtime.Execution) *runtime.Execution {
	t.Helper()
	snapshot, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	restored, err := p.Restore(snapshot)
	if err != nil {
		t.Fatalf("%v: %s", err, snapshot)
	}
	second, err := restored.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(snapshot, second) {
		t.Fatalf("written again it differs:\n%s\n%s", snapshot, second)
	}
	return restored
}
