// Package batchapi is a local server that behaves like the Message Batches API
// of Anthropic: the same paths, headers, bodies and errors, and batches that go
// from in_progress through canceling to ended. No model answers; results are
// made up. It serves tests and the example next to it.
package batchapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A Server is an http.Handler. The zero Server accepts every key and ends a
// canceled batch at once; its fields must not be modified while it serves. It
// is safe for concurrent use.
type Server struct {
	Key             string           // the API key that is accepted; "": every key
	ProcessingTakes time.Duration    // from in_progress to ended; 0: a day
	CancelTakes     time.Duration    // from canceling to ended
	CancelPolls     int              // retrievals of a canceling batch that still report canceling, in addition to CancelTakes
	LimitEvery      int              // every n-th request is answered 429; 0: none
	RetryAfter      time.Duration    // what a 429 asks for, in whole seconds
	Now             func() time.Time // nil: time.Now

	mu       sync.Mutex
	batches  []*batch // oldest first
	requests int
	polls    int
}

// Polls returns how many retrievals of a batch were answered with 200.
func (s *Server) Polls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.polls
}

// Batch returns a batch in its present state.
func (s *Server) Batch(id string) (Batch, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.find(id)
	if b == nil {
		return Batch{}, false
	}
	b.settle(s)
	return b.view(), true
}

func (s *Server) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s *Server) find(id string) *batch {
	for _, b := range s.batches {
		if b.id == id {
			return b
		}
	}
	return nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	requestID := fmt.Sprintf("req_%024d", s.requests)
	w.Header().Set("Request-Id", requestID)
	if failed := s.admit(w, r); failed != nil {
		failed.write(w, requestID)
		return
	}
	mux := http.NewServeMux()
	for pattern, handle := range map[string]func(http.ResponseWriter, *http.Request) *apiError{
		"POST /v1/messages/batches":             s.create,
		"GET /v1/messages/batches":              s.list,
		"GET /v1/messages/batches/{id}":         s.retrieve,
		"DELETE /v1/messages/batches/{id}":      s.delete,
		"POST /v1/messages/batches/{id}/cancel": s.cancel,
		"GET /v1/messages/batches/{id}/results": s.results,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if failed := handle(w, r); failed != nil {
				failed.write(w, requestID)
			}
		})
	}
	if _, pattern := mux.Handler(r); pattern == "" {
		notFound("Not found").write(w, requestID)
		return
	}
	mux.ServeHTTP(w, r)
}

// admit checks what every request must have.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) *apiError {
	key := r.Header.Get("X-Api-Key")
	switch {
	case s.LimitEvery > 0 && s.requests%s.LimitEvery == 0:
		w.Header().Set("Retry-After", strconv.Itoa(int(s.RetryAfter.Seconds())))
		return &apiError{http.StatusTooManyRequests, "rate_limit_error",
			"This request would exceed your rate limit. Please try again later."}
	case key == "":
		return &apiError{http.StatusUnauthorized, "authentication_error", "x-api-key header is required"}
	case s.Key != "" && key != s.Key:
		return &apiError{http.StatusUnauthorized, "authentication_error", "invalid x-api-key"}
	case r.Header.Get("Anthropic-Version") == "":
		return invalid("anthropic-version: header is required")
	}
	return nil
}

// An apiError is an error response: a status, the error's type and its message.
type apiError struct {
	status        int
	kind, message string
}

func invalid(format string, args ...any) *apiError {
	return &apiError{http.StatusBadRequest, "invalid_request_error", fmt.Sprintf(format, args...)}
}

func conflict(format string, args ...any) *apiError {
	return &apiError{http.StatusConflict, "invalid_request_error", fmt.Sprintf(format, args...)}
}

func notFound(message string) *apiError {
	return &apiError{http.StatusNotFound, "not_found_error", message}
}

func (e *apiError) write(w http.ResponseWriter, requestID string) {
	writeJSON(w, e.status, map[string]any{
		"type": "error", "error": map[string]any{"type": e.kind, "message": e.message}, "request_id": requestID,
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A client that is gone does not matter to the server.
	_ = json.NewEncoder(w).Encode(v)
}
