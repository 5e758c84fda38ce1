package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/contract"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
)

// contracts holds the flags of the response contract, and what judges by it.
type contracts struct {
	mode     string // error or warn; "": nothing is judged
	requests bool
	checkers map[*runtime.Program]*contract.Checker

	mu    sync.Mutex
	found map[string]int // how often, by what is printed
}

func (k *contracts) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&k.mode, "contract", "", "`error|warn`: hold responses against the descriptions; a run whose responses differ fails (error, "+
		"also without a value), or not (warn)")
	f.Lookup("contract").NoOptDefVal = "error"
	f.BoolVar(&k.requests, "contract-requests", false, "with --contract: hold requests against them, too")
	completeWords(c, map[string]string{"contract": "error|warn"})
}

func (k *contracts) check() error {
	switch {
	case !slices.Contains([]string{"", "error", "warn"}, k.mode):
		return fmt.Errorf("--contract=%s: must be error or warn", k.mode)
	case k.requests && k.mode == "":
		return fmt.Errorf("--contract-requests requires --contract")
	}
	return nil
}

func (k *contracts) judges() bool { return k.mode != "" }

// listener returns a listener to runs of a program that passes on what it hears, and the
// findings.
func (k *contracts) listener(p *runtime.Program, next func(runtime.Event)) func(runtime.Event) {
	if !k.judges() {
		return next
	}
	checker := k.checkers[p]
	if checker == nil {
		checker = &contract.Checker{Program: p, Requests: k.requests, Warn: k.mode == "warn"}
		if k.checkers == nil {
			k.checkers = map[*runtime.Program]*contract.Checker{}
		}
		k.checkers[p] = checker
	}
	return checker.Listener(next)
}

// err returns the error of a run that came to err: if that is nil, the one by the contract.
func (k *contracts) err(p *runtime.Program, index int, err error) error {
	if checker := k.checkers[p]; checker != nil {
		if broken := checker.Err(index); err == nil {
			return broken
		}
	}
	return err
}

// finding returns what is found by the contract.
func finding(e runtime.Event) (d arazzo.Diagnostic, ok bool) {
	raised, ok := e.(*runtime.DiagnosticRaised)
	if !ok || !slices.Contains(contract.Codes(), raised.Diagnostic.Code) {
		return d, false
	}
	return raised.Diagnostic, true
}

// note keeps a finding of one of many runs.
func (k *contracts) note(e runtime.Event) {
	if d, ok := finding(e); ok {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.found == nil {
			k.found = map[string]int{}
		}
		if _, known := k.found[d.String()]; known || len(k.found) < mostNoted {
			k.found[d.String()]++
		}
	}
}

// mostNoted bounds the different findings of many runs that are shown.
const mostNoted = 100

// tell prints the findings of many runs.
func (k *contracts) tell(out *terminal) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, text := range sortedNames(k.found) {
		times := ""
		if n := k.found[text]; n > 1 {
			times = fmt.Sprintf(" (%d times)", n)
		}
		out.printf("%s%s\n", strings.TrimSpace(text), times)
	}
}
