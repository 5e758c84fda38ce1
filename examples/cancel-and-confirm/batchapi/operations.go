package batchapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
)

const (
	maxBody     = 256 << 20 // bytes
	maxRequests = 100_000
)

var customID = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

func (s *Server) create(w http.ResponseWriter, r *http.Request) *apiError {
	var body struct {
		Requests []request `json:"requests"`
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return &apiError{http.StatusRequestEntityTooLarge, "request_too_large", "Request exceeds the maximum size"}
	case err != nil:
		return invalid("The request body could not be read")
	}
	if err := json.Unmarshal(data, &body); err != nil {
		return invalid("The request body is not valid JSON: %v", err)
	}
	if failed := validate(body.Requests); failed != nil {
		return failed
	}
	b := &batch{id: fmt.Sprintf("msgbatch_%024d", len(s.batches)+1), requests: body.Requests, created: s.now().UTC(),
		host: "http://" + r.Host}
	s.batches = append(s.batches, b)
	writeJSON(w, http.StatusOK, b.view())
	return nil
}

func validate(requests []request) *apiError {
	if len(requests) == 0 {
		return invalid("requests: List should have at least 1 item after validation, not 0")
	}
	if len(requests) > maxRequests {
		return invalid("requests: List should have at most %d items after validation, not %d", maxRequests, len(requests))
	}
	seen := map[string]bool{}
	for i, q := range requests {
		var params map[string]any
		switch {
		case !customID.MatchString(q.CustomID):
			return invalid("requests.%d.custom_id: String should match pattern '%s'", i, customID)
		case seen[q.CustomID]:
			return invalid("requests.%d.custom_id: %q is not unique in the batch", i, q.CustomID)
		case json.Unmarshal(q.Params, &params) != nil || params == nil:
			return invalid("requests.%d.params: Field required", i)
		}
		seen[q.CustomID] = true
	}
	return nil
}

// batch finds the batch that the path names.
func (s *Server) batch(r *http.Request) (*batch, *apiError) {
	b := s.find(r.PathValue("id"))
	if b == nil {
		return nil, notFound("Message batch not found")
	}
	b.settle(s)
	return b, nil
}

func (s *Server) retrieve(w http.ResponseWriter, r *http.Request) *apiError {
	b, failed := s.batch(r)
	if failed != nil {
		return failed
	}
	s.polls++
	view := b.view()
	if b.canceled != nil && b.ended == nil {
		b.polls++
	}
	writeJSON(w, http.StatusOK, view)
	return nil
}

func (s *Server) cancel(w http.ResponseWriter, r *http.Request) *apiError {
	b, failed := s.batch(r)
	if failed != nil {
		return failed
	}
	if b.ended != nil {
		return conflict("Message batch %s has ended and cannot be canceled", b.id)
	}
	if b.canceled == nil {
		now := s.now().UTC()
		b.canceled = &now
	}
	writeJSON(w, http.StatusOK, b.view())
	return nil
}

func (s *Server) delete(w http.ResponseWriter, r *http.Request) *apiError {
	b, failed := s.batch(r)
	if failed != nil {
		return failed
	}
	if b.ended == nil {
		return conflict("Message batch %s cannot be deleted while it is %s", b.id, b.status())
	}
	i := slices.Index(s.batches, b)
	// The slot is kept, so that ids stay unique.
	s.batches[i] = &batch{}
	writeJSON(w, http.StatusOK, map[string]string{"id": b.id, "type": "message_batch_deleted"})
	return nil
}

const (
	defaultLimit = 20
	maxLimit     = 1000
)

// list returns a page of the batches, the newest first.
func (s *Server) list(w http.ResponseWriter, r *http.Request) *apiError {
	query := r.URL.Query()
	limit := defaultLimit
	if text := query.Get("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxLimit {
			return invalid("limit: Input should be between 1 and %d", maxLimit)
		}
	}
	all := []Batch{}
	for _, b := range slices.Backward(s.batches) {
		if b.id != "" {
			b.settle(s)
			all = append(all, b.view())
		}
	}
	page, more, failed := slice(all, query.Get("after_id"), query.Get("before_id"), limit)
	if failed != nil {
		return failed
	}
	var first, last *string
	if len(page) > 0 {
		first, last = &page[0].ID, &page[len(page)-1].ID
	}
	writeJSON(w, http.StatusOK, map[string]any{"data": page, "has_more": more, "first_id": first, "last_id": last})
	return nil
}

// slice returns a page after or before an id.
func slice(all []Batch, after, before string, limit int) (page []Batch, more bool, failed *apiError) {
	at := func(id string) int { return slices.IndexFunc(all, func(b Batch) bool { return b.ID == id }) }
	switch {
	case after != "" && before != "":
		return nil, false, invalid("only one of after_id and before_id can be given")
	case after != "":
		i := at(after)
		if i < 0 {
			return nil, false, invalid("after_id: %q is not a message batch", after)
		}
		all = all[i+1:]
	case before != "":
		i := at(before)
		if i < 0 {
			return nil, false, invalid("before_id: %q is not a message batch", before)
		}
		all = all[:i]
		if len(all) > limit {
			return all[len(all)-limit:], true, nil
		}
	}
	return all[:min(limit, len(all))], len(all) > limit, nil
}

// results streams one line of JSON per request.
func (s *Server) results(w http.ResponseWriter, r *http.Request) *apiError {
	b, failed := s.batch(r)
	if failed != nil {
		return failed
	}
	if b.ended == nil {
		return notFound("Message batch " + b.id + " has no results yet: it is " + b.status())
	}
	w.Header().Set("Content-Type", "application/x-jsonl")
	lines := json.NewEncoder(w)
	for i, q := range b.requests {
		if err := lines.Encode(map[string]any{"custom_id": q.CustomID, "result": b.result(i, q)}); err != nil {
			return nil // the client is gone
		}
	}
	return nil
}

func (b *batch) result(i int, q request) map[string]any {
	if b.outcome(i) == "canceled" {
		return map[string]any{"type": "canceled"}
	}
	var params struct{ Model string }
	// Checked when the batch was created; a model that is not text remains
	// empty.
	_ = json.Unmarshal(q.Params, &params)
	return map[string]any{"type": "succeeded", "message": map[string]any{
		"id": fmt.Sprintf("msg_%024d", i+1), "type": "message", "role": "assistant", "model": params.Model,
		"content":     []any{map[string]any{"type": "text", "text": "An answer to " + q.CustomID + "."}},
		"stop_reason": "end_turn", "stop_sequence": nil,
		"usage": map[string]any{"input_tokens": 10, "output_tokens": 5},
	}}
}
