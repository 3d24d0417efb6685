package node

import "context"

// carrying is the context of a flight with the values of another one, such as the trace of the caller who began it: the flight ends
// when it would have ended, whatever becomes of that caller.
type carrying struct {
	context.Context
	values context.Context
}

// traceParent is the trace that a request to a peer is part of.
func (n *Node) traceParent(ctx context.Context) string {
	if n.cfg.TraceParent == nil {
		return ""
	}
	return n.cfg.TraceParent(ctx)
}

// Value implements context.Context. The flight's own values come first: what cancels it is among them.
func (c carrying) Value(key any) any {
	if v := c.Context.Value(key); v != nil {
		return v
	}
	return c.values.Value(key)
}
