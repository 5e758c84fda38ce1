package simulate

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// Answers are answers that are given by hand: for each step, by its id or by "workflow.step",
// those of its executions in a run, in this order. Executions beyond them are steered.
type Answers map[string][]Answer

// An Answer is one of [Answers].
type Answer struct {
	Status  int               // 0: the first success that is declared
	Headers map[string]string // beside Content-Type
	Body    any               // a JSON value; nil: there is none
}

// ReadAnswers reads answers from JSON or YAML: an object with a list for each step, whose items
// have status, headers and body. The error has the place of what is wrong.
func ReadAnswers(data []byte) (Answers, error) {
	root, err := tree.Parse(data)
	if err != nil {
		return nil, err
	}
	if root.Kind != tree.Object {
		return nil, wrong(root, "answers must be an object with a list for each step, not "+root.Kind.String())
	}
	answers := Answers{}
	for _, step := range root.Members {
		if step.Value.Kind != tree.Array {
			return nil, wrong(step.Value, fmt.Sprintf("the answers of step %s must be a list, not %s", step.Name, step.Value.Kind))
		}
		for _, item := range step.Value.Items {
			a, err := readAnswer(item)
			if err != nil {
				return nil, err
			}
			answers[step.Name] = append(answers[step.Name], a)
		}
	}
	return answers, nil
}

func wrong(at *tree.Node, message string) error {
	return fmt.Errorf("%d:%d: %s", at.Line, at.Column, message)
}

func readAnswer(n *tree.Node) (a Answer, err error) {
	if n.Kind != tree.Object {
		return a, wrong(n, "an answer must be an object with status, headers and body, not "+n.Kind.String())
	}
	for _, m := range n.Members {
		switch m.Name {
		case "status":
			status, ok := m.Value.Value().(int64)
			if !ok || status < 100 || status > 599 {
				return a, wrong(m.Value, "the status must be a number from 100 to 599")
			}
			a.Status = int(status)
		case "headers":
			if m.Value.Kind != tree.Object {
				return a, wrong(m.Value, "headers must be an object")
			}
			a.Headers = map[string]string{}
			for _, header := range m.Value.Members {
				a.Headers[header.Name] = value.Text(header.Value.Value())
			}
		case "body":
			a.Body = m.Value.Value()
		default:
			return a, wrong(m.Value, fmt.Sprintf("an answer has no %q; it has status, headers and body", m.Name))
		}
	}
	return a, nil
}

// An AnswerError says that an answer which is given by hand is not what the description
// declares, or is for no step.
type AnswerError struct {
	Step    string // as in Answers
	Index   int    // in the list of the step, from 0
	Message string
	// Declared is what the description says; its line is 0 if that is not known.
	Declared arazzo.Position
}

// Error returns a message with the step, the answer and the place.
func (e *AnswerError) Error() string {
	message := fmt.Sprintf("answer %d of step %s: %s", e.Index+1, e.Step, e.Message)
	if e.Declared.Line > 0 {
		message += " (" + e.Declared.String() + ")"
	}
	return message
}

// byHand returns the answer that is given for this execution of a step, or nil.
func (e *explorer) byHand(w *walk, s *program.Step) (*answer, error) {
	name := s.Workflow.ID + "." + s.ID
	list, ok := e.Answers[name]
	if !ok {
		name = s.ID
		list = e.Answers[name]
	}
	n := 0
	for _, a := range w.script {
		if a.step == s {
			n++
		}
	}
	if n >= len(list) {
		return nil, nil
	}
	hand := list[n]
	a := e.types.answer(s, cmp.Or(hand.Status, statuses(s, true, nil)[0]))
	a.given, a.noBody = true, hand.Body == nil
	a.header = http.Header{}
	refuse := &AnswerError{Step: name, Index: n}
	body, err := value.From(hand.Body)
	switch {
	case err != nil:
		refuse.Message = "the body is not a JSON value: " + err.Error()
		return nil, refuse
	case a.flaw != nil:
		refuse.Message, refuse.Declared = a.flaw.Message, *a.flaw.Declared
		return nil, refuse
	}
	if a.body = body; !a.noBody {
		a.header.Set("Content-Type", "application/json")
		if a.response != nil {
			if media := mediaOf(a.response); media != nil {
				a.header.Set("Content-Type", media.Type)
			}
		}
	}
	for field, text := range hand.Headers {
		a.header.Set(field, text)
	}
	if a.noBody {
		return a, nil
	}
	if m := e.types.body(a.response).Misfit(body); m != nil {
		refuse.Message = "the body " + m.Want
		if m.Pointer != "" {
			refuse.Message = fmt.Sprintf("%s in the body %s", m.Pointer, m.Want)
		}
		if m.Listed != nil {
			refuse.Message += ": " + listed(m.Listed)
		}
		refuse.Declared = arazzo.Position{File: m.Place.Location, Line: m.Place.Line, Column: m.Place.Column}
		return nil, refuse
	}
	return a, nil
}

// unknownAnswers returns an error for an answer to a step that no run of the workflow executes,
// unless it names another workflow.
func (e *explorer) unknownAnswers() error {
	for _, name := range slices.Sorted(maps.Keys(e.Answers)) {
		known := false
		for _, w := range program.Of(e.program).Workflows {
			for _, s := range w.Steps {
				known = known || s.ID == name || w.ID+"."+s.ID == name
			}
		}
		if !known {
			return &AnswerError{Step: name, Message: "the program has no such step"}
		}
	}
	return nil
}
