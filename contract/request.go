package contract

import "github.com/gobelin-dev/gobelin/runtime"

type model struct{}

func (x *exchange) request(e *runtime.RequestSent) {}
