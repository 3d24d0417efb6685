package node

import "time"

// Window is a window with its methods exported.
type Window struct{ w *window }

func NewWindow(late func() bool) Window   { return Window{newWindow(late)} }
func (w Window) Enter()                   { w.w.enter() }
func (w Window) Leave(took time.Duration) { w.w.leave(took) }
func (w Window) Limit() int               { return int(w.w.limit) }
