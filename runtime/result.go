package runtime

import (
	"bytes"
	"encoding/json"

	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// A Result is the result of a run, or what it had so far when it ended early.
type Result struct {
	WorkflowID string
	// Outputs are the workflow's outputs; never nil. One that could not be resolved
	// is nil, or absent when the workflow failed (F2). A value is nil, a bool,
	// a string, an int64, a float64, a json.Number for a number that neither holds
	// exactly, a []any or a map[string]any; []byte for a body that is neither text
	// nor JSON.
	Outputs     map[string]any
	Diagnostics []Diagnostic // of the run; those of the program are in [Program.Diagnostics]

	supplied *secret.Set // credentials that the driver applied
}

// Decode stores the outputs in the value that v points to, such as a struct, as
// json.Unmarshal stores a JSON object, with numbers in an any as json.Number.
func (r *Result) Decode(v any) error {
	d := json.NewDecoder(bytes.NewReader(value.AppendJSON(nil, r.Outputs)))
	d.UseNumber()
	return d.Decode(v)
}

// Masked returns the outputs for display: the credentials that the driver applied
// are masked, in every spelling. Other secrets, such as an input that an output
// repeats, are what the workflow returns and stay.
func (r *Result) Masked() map[string]any {
	if r.supplied == nil {
		return r.Outputs
	}
	return r.supplied.Members(r.Outputs)
}
