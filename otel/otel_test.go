package otelgobelin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	otelgobelin "github.com/gobelin-dev/gobelin/otel"
	"github.com/gobelin-dev/gobelin/runtime"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	collectmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collecttraces "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

const credential = "q8Zt-planted/secret"

// pets is the API; it keeps the traceparent of each request, by its path.
type pets struct {
	mu      sync.Mutex
	asked   int
	parents map[string][]string
}

func (p *pets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.parents == nil {
		p.parents = map[string][]string{}
	}
	p.parents[r.URL.Path] = append(p.parents[r.URL.Path], r.Header.Get("Traceparent"))
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/pets/7":
		state := "new"
		if p.asked++; p.asked > 1 {
			state = "ready"
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"state": state})
	case "/moved":
		http.Redirect(w, r, "/there?token="+credential, http.StatusFound)
	case "/there":
		_, _ = io.WriteString(w, "{}")
	case "/cut":
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "{")
	case "/pets":
		w.WriteHeader(http.StatusConflict)
	}
}

type observed struct {
	spans   tracetest.SpanStubs
	metrics metricdata.ResourceMetrics
	pets    *pets
	url     string
	err     error
}

func program(t *testing.T) *runtime.Program {
	t.Helper()
	doc, err := arazzo.ReadFile("testdata/pets.arazzo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := runtime.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func driver(url string) *runtime.Driver {
	return &runtime.Driver{Servers: map[string]string{"pets": url}, Credentials: runtime.StaticCredentials{"key": credential}}
}

func observe(t *testing.T, workflow string) observed {
	t.Helper()
	o := observed{pets: &pets{}}
	server := httptest.NewServer(o.pets)
	defer server.Close()
	exporter, reader := tracetest.NewInMemoryExporter(), metric.NewManualReader()
	i := otelgobelin.Instrumentation{
		TracerProvider: trace.NewTracerProvider(trace.WithSyncer(exporter)),
		MeterProvider:  metric.NewMeterProvider(metric.WithReader(reader)),
		Propagator:     propagation.TraceContext{},
	}
	o.url = server.URL
	_, o.err = i.Run(t.Context(), driver(server.URL), program(t), workflow, nil)
	o.spans = exporter.GetSpans()
	if err := reader.Collect(t.Context(), &o.metrics); err != nil {
		t.Fatal(err)
	}
	return o
}

// tree draws the spans, a line each, below that of their parent.
func (o observed) tree() string {
	var b strings.Builder
	var draw func(parent, indent string)
	draw = func(parent, indent string) {
		var below tracetest.SpanStubs
		for _, s := range o.spans {
			if id := s.Parent.SpanID().String(); id == parent {
				below = append(below, s)
			}
		}
		slices.SortStableFunc(below, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
		for _, s := range below {
			fmt.Fprintf(&b, "%s%s %s %s\n", indent, s.Name, s.SpanKind, s.Status.Code)
			draw(s.SpanContext.SpanID().String(), indent+"  ")
		}
	}
	draw("0000000000000000", "")
	return b.String()
}

// named returns the spans of a name, in the order in which they began.
func (o observed) named(name string) (list tracetest.SpanStubs) {
	for _, s := range o.spans {
		if s.Name == name {
			list = append(list, s)
		}
	}
	slices.SortStableFunc(list, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	return list
}

func attributes(s tracetest.SpanStub) map[string]string {
	m := map[string]string{}
	for _, a := range s.Attributes {
		m[string(a.Key)] = a.Value.String()
	}
	return m
}

func TestSpans(t *testing.T) {
	o := observe(t, "adopt")
	const want = `run adopt internal Error
  step look internal Unset
    step get internal Error
      GET client Unset
    step get internal Unset
      GET client Unset
  step moved internal Unset
    GET client Unset
    GET client Unset
  step add internal Error
    POST client Error
`
	if got := o.tree(); got != want {
		t.Errorf("spans:\n%swant:\n%s", got, want)
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(o.url, "http://"), ":")
	requests := append(o.named("GET"), o.named("POST")...)
	if len(requests) != 5 {
		t.Fatalf("%d requests", len(requests))
	}
	for i, want := range []map[string]string{
		{"http.request.method": "GET", "url.full": o.url + "/pets/7?key=***", "http.response.status_code": "200", "server.address": "127.0.0.1",
			"server.port": port, "network.protocol.version": "1.1", "network.peer.address": "127.0.0.1", "network.peer.port": port},
		{"url.full": o.url + "/pets/7?key=***"},
		{"url.full": o.url + "/moved?key=***", "http.response.status_code": "302"},
		{"http.response.status_code": "200", "http.request.resend_count": "1"},
		{"http.request.method": "POST", "http.response.status_code": "409", "error.type": "409"},
	} {
		got := attributes(requests[i])
		for name, value := range want {
			if got[name] != value {
				t.Errorf("request %d: %s is %q, want %q", i, name, got[name], value)
			}
		}
	}
	step := attributes(o.named("step get")[1])
	if step["arazzo.workflow.id"] != "look" || step["arazzo.step.attempt"] != "2" || step["arazzo.step.visit"] != "1" ||
		step["arazzo.operation"] != "GET /pets/7" || step["arazzo.status"] != "succeeded" {
		t.Errorf("%v", step)
	}
	var events []string
	for _, e := range o.named("step get")[0].Events {
		events = append(events, e.Name)
	}
	if got := strings.Join(events, " "); got != "criterion action wait" {
		t.Errorf("events: %s", got)
	}
	run := o.named("run adopt")[0]
	if run.Status.Code != codes.Error || !strings.Contains(run.Status.Description, `step "add"`) || attributes(run)["error.type"] != "step" {
		t.Errorf("%v %v", run.Status, attributes(run))
	}
}

// The parent that a server sees is the span of the very request.
func TestPropagation(t *testing.T) {
	o := observe(t, "adopt")
	requests := append(o.named("GET"), o.named("POST")...)
	seen := slices.Concat(o.pets.parents["/pets/7"], o.pets.parents["/moved"], o.pets.parents["/there"], o.pets.parents["/pets"])
	for i, s := range requests {
		want := fmt.Sprintf("00-%s-%s-01", s.SpanContext.TraceID(), s.SpanContext.SpanID())
		if seen[i] != want {
			t.Errorf("request %d: traceparent %q, want %q", i, seen[i], want)
		}
	}
}

func TestNoSecret(t *testing.T) {
	o := observe(t, "adopt")
	text, err := json.Marshal(struct {
		Spans   any
		Metrics any
	}{o.tree() + fmt.Sprintf("%+v", o.spans), fmt.Sprintf("%+v", o.metrics)})
	if err != nil {
		t.Fatal(err)
	}
	for _, spelling := range []string{credential, "q8Zt-planted%2Fsecret", "planted"} {
		if strings.Contains(string(text), spelling) {
			t.Errorf("%s is told", spelling)
		}
	}
}

// A body that ends too early is an error of its request.
func TestFailedExchange(t *testing.T) {
	o := observe(t, "broken")
	got := o.named("GET")
	if o.err == nil || len(got) == 0 || got[0].Status.Code != codes.Error || attributes(got[0])["error.type"] == "" {
		t.Errorf("%v %+v", o.err, got)
	}
	o = observe(t, "absent")
	if got := o.tree(); o.err == nil || got != "run absent internal Error\n" {
		t.Errorf("%v, spans:\n%s", o.err, got)
	}
}

func TestMetrics(t *testing.T) {
	o := observe(t, "adopt")
	counts := map[string]uint64{}
	for _, scope := range o.metrics.ScopeMetrics {
		for _, m := range scope.Metrics {
			h, ok := m.Data.(metricdata.Histogram[float64])
			if !ok || m.Unit != "s" {
				t.Fatalf("%s: %T in %s", m.Name, m.Data, m.Unit)
			}
			for _, p := range h.DataPoints {
				of := func(key attribute.Key) string {
					v, _ := p.Attributes.Value(key)
					return v.String()
				}
				what := of("http.request.method") + of("http.response.status_code") + of("arazzo.step.id") + of("arazzo.status")
				counts[m.Name+" "+what] += p.Count
			}
		}
	}
	for name, want := range map[string]uint64{
		"arazzo.run.duration failed":          1,
		"arazzo.step.duration getsucceeded":   1,
		"arazzo.step.duration getfailed":      1,
		"arazzo.step.duration looksucceeded":  1,
		"arazzo.step.duration addfailed":      1,
		"http.client.request.duration GET200": 3,
		"http.client.request.duration GET302": 1, "http.client.request.duration POST409": 1,
	} {
		if counts[name] != want {
			t.Errorf("%s: %d, want %d", name, counts[name], want)
		}
	}
}

// collector is the OTLP endpoint of a collector.
type collector struct {
	mu      sync.Mutex
	spans   []string
	metrics []string
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("Content-Type") != "application/x-protobuf" {
		http.Error(w, "not protobuf", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	switch r.URL.Path {
	case "/v1/traces":
		var in collecttraces.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for _, resource := range in.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				for _, s := range scope.Spans {
					c.spans = append(c.spans, scope.Scope.Name+" "+s.Name)
				}
			}
		}
	case "/v1/metrics":
		var in collectmetrics.ExportMetricsServiceRequest
		if err := proto.Unmarshal(body, &in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for _, resource := range in.ResourceMetrics {
			for _, scope := range resource.ScopeMetrics {
				for _, m := range scope.Metrics {
					c.metrics = append(c.metrics, m.Name)
				}
			}
		}
	}
}

// What a collector receives by OTLP over HTTP.
func TestCollector(t *testing.T) {
	var c collector
	endpoint := httptest.NewServer(&c)
	defer endpoint.Close()
	server := httptest.NewServer(&pets{})
	defer server.Close()
	ctx := context.Background()
	traces, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint.URL+"/v1/traces"))
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(endpoint.URL+"/v1/metrics"))
	if err != nil {
		t.Fatal(err)
	}
	tracers := trace.NewTracerProvider(trace.WithBatcher(traces))
	meters := metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(metrics)))
	i := otelgobelin.Instrumentation{TracerProvider: tracers, MeterProvider: meters}
	p := program(t)
	d := driver(server.URL)
	x, err := p.Begin("look", nil, d.Settings)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.Continue(ctx, d, x, "look"); err != nil {
		t.Fatal(err)
	}
	if err := tracers.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if err := meters.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	slices.Sort(c.spans)
	slices.Sort(c.metrics)
	of := otelgobelin.Scope + " "
	if want := []string{of + "GET", of + "GET", of + "run look", of + "step get", of + "step get"}; !slices.Equal(c.spans, want) {
		t.Errorf("spans: %q", c.spans)
	}
	if want := []string{"arazzo.run.duration", "arazzo.step.duration", "http.client.request.duration"}; !slices.Equal(c.metrics, want) {
		t.Errorf("metrics: %q", c.metrics)
	}
}
