package batchapi

import (
	"encoding/json"
	"time"
)

// Counts is the number of requests of a batch in each state; their sum is the
// number of requests.
type Counts struct {
	Processing int `json:"processing"`
	Succeeded  int `json:"succeeded"`
	Errored    int `json:"errored"`
	Canceled   int `json:"canceled"`
	Expired    int `json:"expired"`
}

// A Batch is the Message Batch object.
type Batch struct {
	ID                string     `json:"id"`
	Type              string     `json:"type"`              // message_batch
	ProcessingStatus  string     `json:"processing_status"` // in_progress, canceling, ended
	RequestCounts     Counts     `json:"request_counts"`
	CreatedAt         time.Time  `json:"created_at"`
	ExpiresAt         time.Time  `json:"expires_at"`
	EndedAt           *time.Time `json:"ended_at"`
	CancelInitiatedAt *time.Time `json:"cancel_initiated_at"`
	ArchivedAt        *time.Time `json:"archived_at"`
	ResultsURL        *string    `json:"results_url"`
}

// request is an entry of a batch.
type request struct {
	CustomID string          `json:"custom_id"`
	Params   json.RawMessage `json:"params"`
}

type batch struct {
	id       string
	requests []request
	created  time.Time
	canceled *time.Time
	ended    *time.Time
	polls    int // retrievals while canceling
	host     string
}

const (
	defaultProcessing = 24 * time.Hour
	lifetime          = 24 * time.Hour
)

// settle ends a batch when it is due.
func (b *batch) settle(s *Server) {
	if b.ended != nil {
		return
	}
	at := b.created.Add(defaultProcessing)
	if s.ProcessingTakes > 0 {
		at = b.created.Add(s.ProcessingTakes)
	}
	if b.canceled != nil {
		if b.polls < s.CancelPolls {
			return
		}
		at = b.canceled.Add(s.CancelTakes)
	}
	if !s.now().Before(at) {
		b.ended = &at
	}
}

func (b *batch) status() string {
	switch {
	case b.ended != nil:
		return "ended"
	case b.canceled != nil:
		return "canceling"
	}
	return "in_progress"
}

// nonInterruptible reports which requests of a canceled batch finish
// nevertheless: every fourth, beginning with the first.
func nonInterruptible(i int) bool { return i%4 == 0 }

// outcome returns the type of the result of the i-th request of an ended batch.
func (b *batch) outcome(i int) string {
	if b.canceled != nil && !nonInterruptible(i) {
		return "canceled"
	}
	return "succeeded"
}

func (b *batch) counts() Counts {
	var c Counts
	for i := range b.requests {
		switch {
		case b.ended == nil:
			c.Processing++
		case b.outcome(i) == "canceled":
			c.Canceled++
		default:
			c.Succeeded++
		}
	}
	return c
}

func (b *batch) view() Batch {
	v := Batch{ID: b.id, Type: "message_batch", ProcessingStatus: b.status(), RequestCounts: b.counts(), CreatedAt: b.created,
		ExpiresAt: b.created.Add(lifetime), EndedAt: b.ended, CancelInitiatedAt: b.canceled}
	if b.ended != nil {
		url := b.host + "/v1/messages/batches/" + b.id + "/results"
		v.ResultsURL = &url
	}
	return v
}
