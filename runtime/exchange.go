package runtime

import (
	"context"
	"fmt"

	"github.com/gobelin-dev/gobelin/internal/transport"
)

// exchange sends a request and reads the response whole.
func (d *Driver) exchange(ctx context.Context, c *Send) (Response, error) {
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("no answer within the step's timeout of %v", c.Timeout))
		defer cancel()
	}
	request := &transport.Request{Method: c.Method, URL: c.URL, Header: c.Header, Body: c.Body}
	limits := transport.Limits{Body: or(d.MaxBody, defaultMaxBody), Redirects: c.FollowRedirects}
	r, err := transport.Do(ctx, d.Client, request, limits)
	switch cause := context.Cause(ctx); {
	case err == nil:
		return Response{Status: r.Status, Header: r.Header, Body: r.Body, URL: r.URL, Received: d.clock().Now()}, nil
	case cause != nil:
		return Response{}, cause
	}
	return Response{}, err
}
