package report

import (
	"context"
	"log/slog"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
)

// Log returns a listener that logs the events of runs, whose secrets are masked: the
// beginning and the end of workflows and steps at level Info, a failed step at Warn, a
// workflow that failed at Error, diagnostics by their severity, and everything else at Debug. The
// message is what happened, such as "step finished"; the attributes say where and how. Of
// bodies only the length is logged. The context is the one that the logger's handler gets.
func Log(ctx context.Context, logger *slog.Logger) func(runtime.Event) {
	handler := logger.Handler()
	return func(e runtime.Event) {
		level, message := levelOf(e)
		if !handler.Enabled(ctx, level) {
			return
		}
		at := runtime.EventAt(e)
		r := slog.NewRecord(at.Time, level, message, 0)
		r.AddAttrs(slog.String("workflow", at.WorkflowID))
		if at.StepID != "" {
			r.AddAttrs(slog.String("step", at.StepID), slog.Int("attempt", at.Attempt), slog.Int("visit", at.Visit))
		}
		if at.Depth > 0 {
			r.AddAttrs(slog.Int("depth", at.Depth))
		}
		if at.Run > 0 {
			r.AddAttrs(slog.Int("run", at.Run))
		}
		r.AddAttrs(attributes(e)...)
		_ = handler.Handle(ctx, r) // as package slog does
	}
}

// severities are the levels of diagnostics.
var severities = map[arazzo.Severity]slog.Level{arazzo.Error: slog.LevelError, arazzo.Warning: slog.LevelWarn, arazzo.Note: slog.LevelDebug}

func levelOf(e runtime.Event) (slog.Level, string) {
	switch e := e.(type) {
	case *runtime.WorkflowStarted:
		return slog.LevelInfo, "workflow started"
	case *runtime.WorkflowFinished:
		if e.Err != nil {
			return slog.LevelError, "workflow failed"
		}
		return slog.LevelInfo, "workflow finished"
	case *runtime.StepStarted:
		return slog.LevelInfo, "step started"
	case *runtime.StepFinished:
		if !e.Succeeded {
			return slog.LevelWarn, "step failed"
		}
		return slog.LevelInfo, "step finished"
	case *runtime.DiagnosticRaised:
		return severities[e.Diagnostic.Severity], "diagnostic"
	case *runtime.RequestSent:
		return slog.LevelDebug, "request sent"
	case *runtime.ResponseReceived:
		if e.Err != nil {
			return slog.LevelDebug, "no response"
		}
		return slog.LevelDebug, "response received"
	case *runtime.CriterionEvaluated:
		return slog.LevelDebug, "criterion evaluated"
	case *runtime.OutputsEvaluated:
		return slog.LevelDebug, "outputs evaluated"
	case *runtime.ActionSelected:
		return slog.LevelDebug, "action selected"
	case *runtime.WaitStarted:
		return slog.LevelDebug, "waiting"
	}
	return slog.LevelDebug, "event"
}

// attributes are those of the kind of an event.
func attributes(e runtime.Event) []slog.Attr {
	switch e := e.(type) {
	case *runtime.WorkflowStarted:
		return []slog.Attr{slog.Any("inputs", e.Inputs)}
	case *runtime.WorkflowFinished:
		if e.Err != nil {
			return []slog.Attr{slog.String("error", e.Err.Error())}
		}
	case *runtime.StepStarted:
		return []slog.Attr{slog.String("operation", e.Operation)}
	case *runtime.StepFinished:
		if !e.Succeeded {
			return []slog.Attr{slog.String("reason", e.Reason)}
		}
	case *runtime.DiagnosticRaised:
		d := &e.Diagnostic
		return []slog.Attr{slog.String("code", d.Code), slog.String("severity", d.Severity.String()), slog.String("at", d.Position.String()),
			slog.String("message", d.Message)}
	case *runtime.RequestSent:
		return []slog.Attr{slog.String("method", e.Method), slog.String("url", e.URL), slog.Int("bytes", len(e.Body))}
	case *runtime.ResponseReceived:
		if e.Err != nil {
			return []slog.Attr{slog.String("error", e.Err.Error())}
		}
		list := []slog.Attr{slog.Int("status", e.Status), slog.String("url", e.URL),
			slog.String("contentType", e.Header.Get("Content-Type")), slog.Int("bytes", len(e.Body))}
		if t := e.Timing; t != nil {
			list = append(list, slog.Duration("wait", t.Wait), slog.Duration("transfer", t.Transfer))
		}
		return list
	case *runtime.CriterionEvaluated:
		return []slog.Attr{slog.String("condition", e.Condition), slog.Bool("passed", e.Passed), slog.String("action", e.Action),
			slog.String("reason", e.Reason)}
	case *runtime.OutputsEvaluated:
		return []slog.Attr{slog.Any("outputs", e.Outputs)}
	case *runtime.ActionSelected:
		return []slog.Attr{slog.String("action", e.Action), slog.String("type", e.Type), slog.String("target", e.Target),
			slog.String("reason", e.Reason)}
	case *runtime.WaitStarted:
		return []slog.Attr{slog.Duration("duration", e.Duration), slog.String("reason", string(e.Reason))}
	}
	return nil
}
