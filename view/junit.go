package view

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// The elements of JUnit's XML, as Ant writes and CI systems read it: Jenkins, GitLab,
// GitHub actions. Order and names of the attributes are those of the schema of Jenkins'
// xUnit plugin.
type (
	junitSuites struct {
		XMLName  xml.Name      `xml:"testsuites"`
		Name     string        `xml:"name,attr"`
		Tests    int           `xml:"tests,attr"`
		Failures int           `xml:"failures,attr"`
		Errors   int           `xml:"errors,attr"`
		Time     junitSeconds  `xml:"time,attr"`
		Suites   []*junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string       `xml:"name,attr"`
		Tests     int          `xml:"tests,attr"`
		Failures  int          `xml:"failures,attr"`
		Errors    int          `xml:"errors,attr"`
		Skipped   int          `xml:"skipped,attr"`
		Time      junitSeconds `xml:"time,attr"`
		Timestamp string       `xml:"timestamp,attr,omitempty"`
		File      string       `xml:"file,attr,omitempty"`
		Cases     []*junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name      string        `xml:"name,attr"`
		ClassName string        `xml:"classname,attr"`
		Time      junitSeconds  `xml:"time,attr"`
		File      string        `xml:"file,attr,omitempty"`
		Line      int           `xml:"line,attr,omitempty"`
		Skipped   *junitProblem `xml:"skipped"`
		Error     *junitProblem `xml:"error"`
		Failure   *junitProblem `xml:"failure"`
		Out       string        `xml:"system-out,omitempty"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
	junitSeconds time.Duration
)

// MarshalXMLAttr writes a duration in seconds.
func (s junitSeconds) MarshalXMLAttr(name xml.Name) (xml.Attr, error) {
	return xml.Attr{Name: name, Value: fmt.Sprintf("%.3f", time.Duration(s).Seconds())}, nil
}

type junit struct {
	to  io.Writer
	all junitSuites
}

func newJUnit(to io.Writer, _ about) format { return &junit{to: to, all: junitSuites{Name: "gobelin"}} }

// run adds a suite: a case for each visit of a step. A failure that an action handles
// is none of the run.
func (j *junit) run(r *run) error {
	s := &junitSuite{Name: r.title(), Time: junitSeconds(r.took()), File: r.document}
	if !r.began.IsZero() {
		s.Timestamp = r.began.UTC().Format("2006-01-02T15:04:05")
	}
	names := map[[2]string]int{} // GitLab shows one of several cases with the same
	for _, v := range r.visits {
		c := &junitCase{Name: v.first().id, ClassName: r.path(v.first()), Time: junitSeconds(max(r.end(v.last()).Sub(v.first().began), 0))}
		key := [2]string{c.ClassName, c.Name}
		if names[key]++; names[key] > 1 {
			c.Name += fmt.Sprintf(" (%d)", names[key])
		}
		if at, ok := r.place(v.first()); ok {
			c.File, c.Line = at.File, at.Line
		}
		var said []string
		for i, a := range v.attempts {
			text := a.text()
			if len(v.attempts) > 1 {
				text = fmt.Sprintf("attempt %d\n%s", i+1, text)
			}
			said = append(said, text)
		}
		text := strings.Join(said, "\n")
		switch last, failing := v.last(), r.failing(v); {
		case failing != nil:
			c.Failure = &junitProblem{Message: failing.why(), Type: "failed", Text: text}
			s.Failures++
		case last.status == "canceled" && r.err != nil && r.status != "succeeded":
			c.Error = &junitProblem{Message: r.err.Message, Type: r.err.Type, Text: text}
			s.Errors++
		default:
			c.Out = text
		}
		s.Cases = append(s.Cases, c)
	}
	if r.status != "succeeded" && s.Failures+s.Errors == 0 { // as no step shows why
		problem := &junitProblem{Message: r.status}
		if r.err != nil {
			problem.Message, problem.Type, problem.Text = r.err.Message, r.err.Type, r.err.Message
		}
		c := &junitCase{Name: r.workflowID, ClassName: r.workflowID, Time: s.Time}
		if r.notRun() {
			c.Skipped = problem
			s.Skipped++
		} else {
			c.Error = problem
			s.Errors++
		}
		s.Cases = append(s.Cases, c)
	}
	s.Tests = len(s.Cases)
	j.all.Tests += s.Tests
	j.all.Failures += s.Failures
	j.all.Errors += s.Errors
	j.all.Time += s.Time
	j.all.Suites = append(j.all.Suites, s)
	return nil
}

func (j *junit) close() error {
	if _, err := io.WriteString(j.to, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(j.to)
	e.Indent("", "  ")
	if err := e.Encode(j.all); err != nil {
		return err
	}
	_, err := io.WriteString(j.to, "\n")
	return err
}
