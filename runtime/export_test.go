package runtime

import "context"

// Send answers a command to send as Continue does.
func (d *Driver) Send(ctx context.Context, x *Execution, c *Send) {
	d.attach(x)
	d.send(ctx, x, c, d.patience(ctx))
}
