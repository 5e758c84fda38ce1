package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gobelin-dev/gobelin/report"
)

// header is the first line of a file of results. It identifies what the results
// belong to.
type header struct {
	Format     string `json:"format"`
	WorkflowID string `json:"workflowId"`
	Document   string `json:"document"` // digest of its text
}

// resultsFormat identifies the form of the file; every change of the form must
// change it.
const resultsFormat = "gobelin batch 1"

func newHeader(workflow string, document []byte) header {
	return header{Format: resultsFormat, WorkflowID: workflow, Document: digest(document)}
}

// digest returns a digest of a text.
func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// record is a line of a file of results.
type record struct {
	report.Line
	Inputs string `json:"inputs,omitempty"` // digest of the line of inputs, see lines.digest
}

// results is the file of --resume: a header, and a record of each finished run.
// It belongs to one process while it is open.
type results struct {
	file   *os.File
	unlock func()
	runs   map[int]record // by line: the last record, without its outputs
}

var errLocked = errors.New("another process is writing to it")

// openResults opens the results of an earlier batch, if there are any, to
// append to them. It does not change a file that does not begin with the
// header.
func openResults(name string, head header) (*results, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	r := &results{file: file, unlock: func() {}, runs: map[int]record{}}
	if err := r.open(head); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), r.close())
	}
	return r, nil
}

func (r *results) open(head header) error {
	info, err := r.file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is not a regular file")
	}
	unlock, err := lock(r.file)
	if err != nil {
		return err
	}
	r.unlock = unlock
	first, err := json.Marshal(head)
	if err != nil {
		return err
	}
	first = append(first, '\n')
	reader := bufio.NewReader(r.file)
	text, err := reader.ReadSlice('\n')
	switch {
	case err == io.EOF && bytes.HasPrefix(first, text): // an empty file, or a header that was cut off
		if err := r.cut(0); err != nil {
			return err
		}
		_, err = r.file.Write(first)
		return err
	case err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull):
		return err
	case !bytes.Equal(text, first):
		return head.refuse(text)
	}
	return r.read(reader, int64(len(text)))
}

// refuse returns why a file that begins with a text does not belong to the
// batch.
func (h header) refuse(text []byte) error {
	var found header
	if err := json.Unmarshal(text, &found); err != nil || found.Format != resultsFormat {
		return fmt.Errorf("it does not begin like a file of results, with %q; it was not changed", resultsFormat)
	}
	if found.WorkflowID != h.WorkflowID {
		return fmt.Errorf("it has the results of workflow %q, not of %q", found.WorkflowID, h.WorkflowID)
	}
	return errors.New("it has the results of another document, or of this one before it was changed; start with a new file")
}

// cut truncates the file at an offset. On Windows a file that is open to append
// cannot be truncated through its own handle.
func (r *results) cut(end int64) error { return os.Truncate(r.file.Name(), end) }

// read reads the records, the first of which is at an offset.
func (r *results) read(reader *bufio.Reader, offset int64) error {
	for n := 2; ; n++ {
		text, err := reader.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return err
		}
		last := err == io.EOF
		if len(bytes.TrimSpace(text)) == 0 {
			if last {
				return nil
			}
			offset += int64(len(text))
			continue
		}
		var found record
		switch err := json.Unmarshal(text, &found); {
		case err != nil && last:
			return r.cut(offset) // its run is recorded when it is repeated
		case err != nil || found.Line.Line < 1:
			return fmt.Errorf("line %d is not a result of a batch", n)
		}
		found.Outputs = nil
		r.runs[found.Line.Line] = found
		offset += int64(len(text))
		if last {
			_, err := r.file.WriteString("\n")
			return err
		}
	}
}

// close releases the file.
func (r *results) close() error {
	err := r.file.Close()
	r.unlock()
	return err
}
