package node

import "time"

// Window is a window with its methods exported.
type Window struct{ w *window }

func NewWindow(late func() bool) Window   { return Window{newWindow(late)} }
func (w Window) Enter()                   { w.w.enter() }
func (w Window) Leave(took time.Duration) { w.w.leave(took) }
func (w Window) Limit() int               { return int(w.w.limit) }

// HandOverPace is the pace at which a node that serves hands over so many bytes, and one that leaves, in bytes per second.
func HandOverPace(bytes float64) (serving, leaving float64) {
	return paceOver(bytes, shareTime), paceOver(bytes, leaveTime)
}
