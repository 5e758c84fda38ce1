package runtime

import (
	"context"
	"maps"
	"reflect"
	"slices"
)

// Send answers a command to send as Continue does.
func (d *Driver) Send(ctx context.Context, x *Execution, c *Send) { d.send(ctx, x, c) }

// ViolationMessage is what an InputError says of an error of the validator.
var ViolationMessage = violationMessage

// ViolationKinds returns the kinds of errors that have words of their own.
func ViolationKinds() []reflect.Type { return slices.Collect(maps.Keys(violationMessages)) }

// Guarded has code of the validator run.
var Guarded = guarded
