package mock_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/mock"
)

// TestLoad sends GOBELIN_LOAD requests (2,000 otherwise) from 64 connections: batches are
// created, read, canceled, listed and deleted, in 64 sessions and in one. None may fail, and
// the second half may not need more memory than the first.
func TestLoad(t *testing.T) {
	total := 2000
	if text := os.Getenv("GOBELIN_LOAD"); text != "" {
		var err error
		if total, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	const connections = 64
	server := httptest.NewServer(batches(t, &mock.Server{StateTime: time.Hour}))
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}}
	defer client.CloseIdleConnections()
	var sent atomic.Int64
	send := func(session, method, path string, body string, want int) (string, error) {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		if err != nil {
			return "", err
		}
		r.Header.Set("X-Api-Key", "key")
		r.Header.Set("Anthropic-Version", "2023-06-01")
		r.Header.Set("Mock-Session", session)
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		sent.Add(1)
		answer, err := client.Do(r)
		if err != nil {
			return "", err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err == nil && answer.StatusCode != want {
			err = fmt.Errorf("%s %s: %d %s", method, path, answer.StatusCode, text)
		}
		v, _ := value.Decode(text)
		id, _ := value.Find(v, []string{"id"})
		return value.Text(id), err
	}
	body := string(bytes.TrimSpace(value.AppendJSON(nil, map[string]any{"requests": requests("a", "b")})))
	half := func() uint64 {
		var all sync.WaitGroup
		until := sent.Load() + int64(total)/2
		for i := range connections {
			session := ""
			if i%2 == 0 {
				session = fmt.Sprint("session ", i)
			}
			all.Go(func() {
				for sent.Load() < until && !t.Failed() {
					id, err := send(session, "POST", "/v1/messages/batches", body, http.StatusOK)
					for _, step := range []string{"GET ", "POST /cancel", "GET ", "GET /results", "DELETE "} {
						if err != nil {
							break
						}
						method, rest, _ := strings.Cut(step, " ")
						_, err = send(session, method, "/v1/messages/batches/"+id+rest, "", http.StatusOK)
					}
					if err == nil {
						_, err = send(session, "GET", "/v1/messages/batches?limit=5", "", http.StatusOK)
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	began := time.Now()
	first := half()
	second := half()
	took := time.Since(began)
	t.Logf("%d requests in %v, %.0f a second; %d KB held after half of them, %d KB at the end", sent.Load(), took,
		float64(sent.Load())/took.Seconds(), first>>10, second>>10)
	if second > first+first/4+8<<20 {
		t.Errorf("%d KB are held, %d KB after half of the requests", second>>10, first>>10)
	}
}

// FuzzServer sends any request to a mock, which must answer it: within the server no panic, and
// with a status that can be sent.
func FuzzServer(f *testing.F) {
	for _, seed := range []string{
		"POST /v1/messages/batches\nX-Api-Key: k\nAnthropic-Version: 1\nContent-Type: application/json\n\n" +
			"{\"requests\":[{\"custom_id\":\"a\",\"params\":{}}]}",
		"GET /v1/messages/batches?limit=5&after_id=batch_1\nX-Api-Key: k\nAnthropic-Version: 1\n\n",
		"DELETE /v1/messages/batches/batch_1\nX-Api-Key: k\nAnthropic-Version: 1\nPrefer: code=404, dynamic=true\n\n",
		"POST /v1/messages/batches/a%2fb/cancel\nX-Api-Key: k\nAnthropic-Version: 1\nAccept: text/*;q=x\n\n",
		"POST /_mock/seed\n\n{\"/v1/messages/batches\":[{\"id\":1}]}", "POST /_mock/clock?advance=1h\n\n", "OPTIONS /\nOrigin: x\n\n",
	} {
		f.Add(seed)
	}
	s := batches(f, &mock.Server{})
	f.Fuzz(func(t *testing.T, text string) {
		head, body, _ := strings.Cut(text, "\n\n")
		lines := strings.Split(head, "\n")
		method, target, _ := strings.Cut(lines[0], " ")
		r, err := http.NewRequestWithContext(t.Context(), method, "http://mock"+target, strings.NewReader(body))
		if err != nil || !strings.HasPrefix(target, "/") {
			return
		}
		for _, line := range lines[1:] {
			if name, v, ok := strings.Cut(line, ": "); ok {
				r.Header.Add(name, v)
			}
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		preferred := strings.Contains(strings.Join(r.Header.Values("Prefer"), ""), "5")
		if w.Code < 200 || w.Code > 599 || w.Code >= 500 && !preferred {
			t.Errorf("the status is %d: %s", w.Code, w.Body)
		}
	})
}
