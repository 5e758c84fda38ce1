// Command mocks compares gobelin mock with Prism on descriptions: how long each takes until it
// answers, its memory, requests per second, what it answers to one valid request for each
// operation, and whether what was created is found. It prints the table of docs/mock.md.
//
//	npm install --prefix DIR @stoplight/prism-cli
//	go build -o DIR/gobelin ../cmd/gobelin
//	go run ./mocks -gobelin DIR/gobelin -prism DIR/node_modules/.bin/prism DESCRIPTION...
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/schema"
)

var (
	patience = flag.Duration("patience", 90*time.Second, "how long a server may take until it answers")
	during   = flag.Duration("load", 2*time.Second, "how long requests are sent to measure how many it answers")
)

func main() {
	gobelin := flag.String("gobelin", "gobelin", "the command gobelin")
	prism := flag.String("prism", "prism", "the command of @stoplight/prism-cli")
	flag.Parse()
	fmt.Println("| description | operations | server | ready after | memory, after load | requests/s | 2xx | 4xx | 5xx, none | " +
		"created, then found |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|")
	for _, name := range flag.Args() {
		text, err := os.ReadFile(name)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		d, err := openapi.Load(text, name, os.ReadFile)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		list := requests(d)
		label := fmt.Sprintf("%s %s, %d KB", filepath.Base(name), d.Version, len(text)>>10)
		for i, server := range [][]string{
			{*gobelin, "mock", name, "--addr", "127.0.0.1:4111"},
			{*prism, "mock", "-h", "127.0.0.1", "-p", "4112", name},
		} {
			m := measure(server, "http://127.0.0.1:"+strconv.Itoa(4111+i), list)
			fmt.Printf("| %s | %d | %s | %s |\n", label, len(list), [2]string{"gobelin", "Prism"}[i], m)
			label = ""
		}
	}
}

// request is a valid request for an operation.
type request struct {
	op     *openapi.Operation
	method string
	target string
	header http.Header
	body   []byte
}

// requests makes one for each operation, from its required parameters and the schema of its body.
func requests(d *openapi.Description) (list []request) {
	for op := range d.Operations() {
		if op.PathErr != nil {
			continue
		}
		sampler := schema.Sampler{Client: true}
		var keys []openapi.ArgKey
		var values []openapi.Value
		for _, p := range op.Parameters {
			if p.Required && p.In != "cookie" {
				keys = append(keys, openapi.ArgKey{Name: p.Name, In: p.In})
				values = append(values, openapi.Value{V: sampler.Sample(p.Home.Type(p.Schema), p.Name, &schema.Want{}, schema.Want{}), OK: true})
			}
		}
		bound, err := op.Bind(keys)
		if err != nil {
			continue
		}
		var payload *openapi.Payload
		if media := op.Body.Media(op.DefaultContentType()); media != nil {
			from := schema.Want{}
			v := sampler.Sample(media.Home.Type(media.Schema), "body", &schema.Want{}, from)
			payload = &openapi.Payload{ContentType: op.DefaultContentType(), Value: v}
		}
		built, err := bound.Build(values, payload)
		if err != nil {
			continue
		}
		r := request{op: op, method: op.Method, target: built.URL, header: built.Header.Clone(), body: built.Body}
		if r.header == nil {
			r.header = http.Header{}
		}
		for _, scheme := range first(op.Security) {
			pair := scheme.ParamName + "=credential"
			switch {
			case scheme.In == "query" && strings.Contains(r.target, "?"):
				r.target += "&" + pair
			case scheme.In == "query":
				r.target += "?" + pair
			case scheme.In == "cookie":
				r.header.Add("Cookie", pair)
			case scheme.ParamName != "":
				credential := "credential"
				if scheme.Type == "http" && scheme.Scheme == "basic" {
					credential = "a:b"
				}
				r.header.Set(scheme.ParamName, openapi.CredentialText(scheme.Type, scheme.Scheme, credential))
			}
		}
		list = append(list, r)
	}
	last := func(r request) int { // what is removed is not there for the others
		if r.method == "DELETE" {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b request) int { return last(a) - last(b) })
	return list
}

func first[T any](list [][]T) []T {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// measure starts a server, and returns the cells of its row.
func measure(command []string, url string, list []request) string {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	began := time.Now()
	if err := c.Start(); err != nil {
		return err.Error()
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	defer func() { cancel(); <-ended }()
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for {
		answer, err := client.Get(url + "/no/such/path")
		if err == nil {
			answer.Body.Close()
			break
		}
		select {
		case err := <-ended:
			ended <- err
			return fmt.Sprintf("not: it ends (%v) | | | | | | |", err)
		default:
		}
		if time.Since(began) > *patience {
			return fmt.Sprintf("not after %v | %d MB | | | | |", *patience, memory(c.Process.Pid))
		}
		time.Sleep(5 * time.Millisecond)
	}
	ready := time.Since(began)
	before := memory(c.Process.Pid)
	classes := map[string]int{}
	rate := 0.0
	for i := range list {
		status, _ := send(client, url, &list[i])
		switch {
		case status >= 200 && status < 400:
			if classes["2xx"]++; rate == 0 && list[i].method == "GET" {
				rate = load(client, url, &list[i])
			}
		case status >= 400 && status < 500:
			classes["4xx"]++
		default:
			classes["5xx"]++
		}
	}
	created, found := state(client, url, list)
	answered := "–" // there is no GET
	if rate > 0 {
		answered = fmt.Sprintf("%.0f", rate)
	}
	return fmt.Sprintf("%.0f ms | %d MB, %d MB | %s | %d | %d | %d | %d of %d", float64(ready.Microseconds())/1000, before,
		memory(c.Process.Pid), answered, classes["2xx"], classes["4xx"], classes["5xx"], found, created)
}

func send(client *http.Client, url string, r *request) (int, []byte) {
	sent, err := http.NewRequest(r.method, url+r.target, bytes.NewReader(r.body))
	if err != nil {
		return 0, nil
	}
	sent.Header = r.header.Clone()
	answer, err := client.Do(sent)
	if err != nil {
		return 0, nil
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, body
}

// load sends a request from 16 connections, and returns how many a second are answered.
func load(client *http.Client, url string, r *request) float64 {
	var all sync.WaitGroup
	var n atomic.Int64
	until := time.Now().Add(*during)
	for range 16 {
		all.Go(func() {
			for time.Now().Before(until) {
				if status, _ := send(client, url, r); status > 0 {
					n.Add(1)
				}
			}
		})
	}
	all.Wait()
	return float64(n.Load()) / during.Seconds()
}

// state creates an item in each collection that has items which can be read, and reads it: it
// is found if the answer has what was created.
func state(client *http.Client, url string, list []request) (created, found int) {
	for i := range list {
		post := &list[i]
		if post.method != "POST" || len(post.body) == 0 {
			continue
		}
		for j := range list {
			get := &list[j]
			rest, below := strings.CutPrefix(get.op.Path, post.op.Path+"/{")
			if get.method != "GET" || !below || !strings.HasSuffix(rest, "}") || strings.Contains(rest, "/") {
				continue
			}
			status, body := send(client, url, post)
			var made, read map[string]any
			if status >= 300 || json.Unmarshal(body, &made) != nil {
				break
			}
			name := strings.TrimSuffix(rest, "}")
			id := idOf(made, name)
			if id == "" {
				break
			}
			created++
			item := *get
			path, query, has := strings.Cut(get.target, "?")
			item.target = path[:strings.LastIndex(path, "/")+1] + id
			if has {
				item.target += "?" + query
			}
			if status, body = send(client, url, &item); status == 200 && json.Unmarshal(body, &read) == nil && idOf(read, name) == id {
				found++
			}
			break
		}
	}
	return created, found
}

// idOf returns the id that an object has, under the name of a path variable or a usual one.
func idOf(v map[string]any, variable string) string {
	for _, name := range []string{variable, "id", "uuid", "key", "sid"} {
		switch id := v[name].(type) {
		case string:
			return id
		case float64:
			return strconv.FormatFloat(id, 'f', -1, 64)
		}
	}
	for _, name := range []string{"data", "result"} {
		if inner, is := v[name].(map[string]any); is {
			return idOf(inner, variable)
		}
	}
	return ""
}

// memory returns the MB that a process and those that it has started hold.
func memory(pid int) int {
	total := 0
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			total += n >> 10
		}
	}
	children, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, name := range children {
		text, _ := os.ReadFile(name)
		for child := range strings.FieldsSeq(string(text)) {
			if n, err := strconv.Atoi(child); err == nil {
				total += memory(n)
			}
		}
	}
	return total
}
