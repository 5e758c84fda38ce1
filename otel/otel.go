// Package otelgobelin tells OpenTelemetry of runs: a span for each run, each execution of
// a step and each request, after the semantic conventions for HTTP, whose context goes to
// the called APIs with the request, and metrics.
package otelgobelin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"
	"go.opentelemetry.io/otel/trace"

	"github.com/gobelin-dev/gobelin/runtime"
)

// Scope is the name of the instrumentation scope.
const Scope = "github.com/gobelin-dev/gobelin/otel"

// The attributes of spans and metrics that the semantic conventions do not have.
const (
	WorkflowID  = attribute.Key("arazzo.workflow.id")
	StepID      = attribute.Key("arazzo.step.id")
	StepAttempt = attribute.Key("arazzo.step.attempt") // from 1
	StepVisit   = attribute.Key("arazzo.step.visit")   // from 1
	Operation   = attribute.Key("arazzo.operation")    // "GET /pets/{id}", or the called workflow
	Status      = attribute.Key("arazzo.status")       // of a run or a step: succeeded or failed
)

// An Instrumentation runs workflows and tells what they do. The zero Instrumentation uses
// the global providers and propagator of OpenTelemetry.
type Instrumentation struct {
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
	Propagator     propagation.TextMapPropagator
}

// Run runs a workflow as [runtime.Driver.Run] does.
func (i *Instrumentation) Run(ctx context.Context, d *runtime.Driver, p *runtime.Program, workflowID string,
	inputs runtime.Inputs) (*runtime.Result, error) {
	return i.run(ctx, d, workflowID, func(ctx context.Context, d *runtime.Driver) (*runtime.Result, error) {
		return d.Run(ctx, p, workflowID, inputs)
	})
}

// Continue runs an execution of a workflow to its end, as [runtime.Driver.Continue] does.
func (i *Instrumentation) Continue(ctx context.Context, d *runtime.Driver, x *runtime.Execution,
	workflowID string) (*runtime.Result, error) {
	return i.run(ctx, d, workflowID, func(ctx context.Context, d *runtime.Driver) (*runtime.Result, error) {
		return d.Continue(ctx, x)
	})
}

func (i *Instrumentation) run(ctx context.Context, d *runtime.Driver, workflowID string,
	drive func(context.Context, *runtime.Driver) (*runtime.Result, error)) (*runtime.Result, error) {
	r := i.begin()
	began := time.Now()
	ctx, span := r.tracer.Start(ctx, "run "+workflowID, trace.WithAttributes(WorkflowID.String(workflowID)))
	r.ctx = ctx
	driver := *d
	driver.OnEvent = func(e runtime.Event) {
		r.onEvent(e)
		if d.OnEvent != nil {
			d.OnEvent(e)
		}
	}
	client := http.Client{}
	if d.Client != nil {
		client = *d.Client
	}
	client.Transport = &transport{run: r, sends: client.Transport}
	driver.Client = &client
	result, err := drive(ctx, &driver)
	r.close(0)
	attributes := []attribute.KeyValue{WorkflowID.String(workflowID), status(err == nil)}
	if err != nil {
		attributes = append(attributes, semconv.ErrorTypeKey.String(kind(err)))
		span.SetStatus(codes.Error, err.Error())
	}
	span.SetAttributes(attributes[1:]...)
	span.End()
	r.runs.Record(ctx, time.Since(began).Seconds(), metric.WithAttributes(attributes...))
	return result, err
}

// run is a run whose events become spans.
type run struct {
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
	runs       metric.Float64Histogram
	steps      metric.Float64Histogram
	requests   httpconv.ClientRequestDuration

	ctx  context.Context // of the run's span
	open []*step         // by depth; nil where no step is open
	url  string          // of the request that was announced and not yet sent, secrets masked
	hops int             // requests of the exchange
}

// step is an execution of a step.
type step struct {
	ctx      context.Context
	span     trace.Span
	began    time.Time
	ended    time.Time // zero while it goes on
	workflow string
	id       string
	failed   bool
}

func (i *Instrumentation) begin() *run {
	tracers, meters, propagator := i.TracerProvider, i.MeterProvider, i.Propagator
	if tracers == nil {
		tracers = otel.GetTracerProvider()
	}
	if meters == nil {
		meters = otel.GetMeterProvider()
	}
	if propagator == nil {
		propagator = otel.GetTextMapPropagator()
	}
	r := &run{tracer: tracers.Tracer(Scope, trace.WithSchemaURL(semconv.SchemaURL)), propagator: propagator}
	meter := meters.Meter(Scope, metric.WithSchemaURL(semconv.SchemaURL))
	var errs [3]error
	r.runs, errs[0] = meter.Float64Histogram("arazzo.run.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of runs of workflows."))
	r.steps, errs[1] = meter.Float64Histogram("arazzo.step.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of executions of steps."))
	r.requests, errs[2] = httpconv.NewClientRequestDuration(meter)
	for _, err := range errs {
		if err != nil {
			otel.Handle(err)
		}
	}
	return r
}

func (r *run) onEvent(e runtime.Event) {
	at := runtime.EventAt(e)
	switch e := e.(type) {
	case *runtime.StepStarted:
		r.close(at.Depth)
		r.start(at, e.Operation)
		return
	case *runtime.WorkflowStarted, *runtime.WorkflowFinished:
		r.close(at.Depth + 1)
		return
	}
	s := r.step(at.Depth)
	if s == nil {
		return
	}
	switch e := e.(type) {
	case *runtime.RequestSent:
		r.url, r.hops = e.URL, 0
	case *runtime.CriterionEvaluated:
		s.span.AddEvent("criterion", trace.WithAttributes(attribute.String("arazzo.criterion.condition", e.Condition),
			attribute.Bool("arazzo.criterion.passed", e.Passed), attribute.String("arazzo.action.name", e.Action)))
	case *runtime.ActionSelected:
		s.span.AddEvent("action", trace.WithAttributes(attribute.String("arazzo.action.type", e.Type),
			attribute.String("arazzo.action.name", e.Action), attribute.String("arazzo.action.target", e.Target),
			attribute.String("arazzo.action.reason", e.Reason)))
	case *runtime.WaitStarted:
		s.span.AddEvent("wait", trace.WithAttributes(attribute.Float64("arazzo.wait.duration", e.Duration.Seconds()),
			attribute.String("arazzo.wait.reason", string(e.Reason))))
	case *runtime.StepFinished:
		s.ended, s.failed = time.Now(), !e.Succeeded
		if s.failed {
			s.span.SetStatus(codes.Error, e.Reason)
		}
	}
}

// start begins the span of a step, below that of the step that has called its workflow.
func (r *run) start(at runtime.At, operation string) {
	s := &step{workflow: at.WorkflowID, id: at.StepID, began: time.Now()}
	s.ctx, s.span = r.tracer.Start(r.parent(at.Depth), "step "+at.StepID, trace.WithAttributes(
		WorkflowID.String(at.WorkflowID), StepID.String(at.StepID), StepAttempt.Int(at.Attempt), StepVisit.Int(at.Visit),
		Operation.String(operation)))
	for len(r.open) <= at.Depth {
		r.open = append(r.open, nil)
	}
	r.open[at.Depth] = s
}

// step returns the step that is open at a depth, or nil.
func (r *run) step(depth int) *step {
	if depth < len(r.open) {
		return r.open[depth]
	}
	return nil
}

// parent returns the context of what begins at a depth.
func (r *run) parent(depth int) context.Context {
	for depth = min(depth, len(r.open)); depth > 0; depth-- {
		if s := r.open[depth-1]; s != nil {
			return s.ctx
		}
	}
	return r.ctx
}

// close ends the spans of steps from a depth on: what comes after a step, such as the
// action that it selects, belongs to it, but does not count to its time. One that the
// end of the run has interrupted has failed.
func (r *run) close(depth int) {
	for len(r.open) > depth {
		last := len(r.open) - 1
		s := r.open[last]
		r.open = r.open[:last]
		if s == nil {
			continue
		}
		if s.ended.IsZero() {
			s.ended, s.failed = time.Now(), true
			s.span.SetStatus(codes.Error, "the run ended here")
		}
		s.span.SetAttributes(status(!s.failed))
		s.span.End(trace.WithTimestamp(s.ended))
		r.steps.Record(s.ctx, s.ended.Sub(s.began).Seconds(), metric.WithAttributes(WorkflowID.String(s.workflow),
			StepID.String(s.id), status(!s.failed)))
	}
}

func status(succeeded bool) attribute.KeyValue {
	if succeeded {
		return Status.String("succeeded")
	}
	return Status.String("failed")
}

// kind is the kind of an error of a run: of few values, as metrics need it.
func kind(err error) string {
	var (
		step     *runtime.StepError
		inputs   *runtime.InputError
		budget   *runtime.BudgetError
		canceled *runtime.CanceledError
		compile  *runtime.CompileError
	)
	switch {
	case errors.As(err, &canceled):
		return "canceled"
	case errors.As(err, &budget):
		return "budget"
	case errors.As(err, &step):
		return "step"
	case errors.As(err, &inputs):
		return "inputs"
	case errors.As(err, &compile):
		return "document"
	}
	return fmt.Sprintf("%T", err)
}
