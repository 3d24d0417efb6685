package transport

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	// maxInFlight bounds the requests that are under way on a session. Others wait for them.
	maxInFlight = 4096

	slotBits  = 12 // of a request's id, which say where its call is; the others count up
	slotMask  = maxInFlight - 1
	blockSize = 64
)

// call is one request under way on a session, and where its reply goes. Its slot is its own for the session's life, so that
// replies find it without a lock, and it is used again and again.
type call struct {
	slot  uint64
	turn  uint64       // counts the requests that used the slot
	limit atomic.Int64 // of the value, in bytes

	// deadline is kept by the session where the caller's context does not tell it, in ns since the session began; 0: none.
	deadline atomic.Int64

	// waits is the id of the request whose reply is waited for; 0: none. Who takes it away, the session's reader or the
	// caller that goes without, may go on with the call.
	waits atomic.Uint64

	done chan struct{} // receives once the reader has set:
	resp Response
	err  error
}

// calls are a session's.
type calls struct {
	blocks [maxInFlight / blockSize]atomic.Pointer[[blockSize]call]
	active atomic.Int64 // how many are under way

	mu      sync.Mutex
	free    []*call      // guarded by mu
	made    uint64       // guarded by mu; slots that were used so far
	waiting []chan *call // guarded by mu; of those who wait for a slot, in order
}

// acquire takes a slot, or waits for one within ctx.
func (cs *calls) acquire(ctx context.Context) (*call, error) {
	cs.mu.Lock()
	if c := cs.freeLocked(); c != nil {
		cs.mu.Unlock()
		return c, nil
	}
	turn := make(chan *call, 1)
	cs.waiting = append(cs.waiting, turn)
	cs.mu.Unlock()
	select {
	case c := <-turn:
		return c, nil
	case <-ctx.Done():
		cs.giveUp(turn)
		return nil, context.Cause(ctx)
	}
}

// giveUp is for one who no longer waits for a slot, and may have been given one meanwhile.
func (cs *calls) giveUp(turn chan *call) {
	cs.mu.Lock()
	i := slices.Index(cs.waiting, turn)
	if i >= 0 {
		cs.waiting = slices.Delete(cs.waiting, i, i+1)
	}
	cs.mu.Unlock()
	if i < 0 {
		cs.release(<-turn)
	}
}

// freeLocked returns a slot that nobody uses, the one that was used last if there is one; nil if there is none.
func (cs *calls) freeLocked() *call {
	if n := len(cs.free); n > 0 {
		c := cs.free[n-1]
		cs.free = cs.free[:n-1]
		return c
	}
	if cs.made == maxInFlight {
		return nil
	}
	slot := cs.made
	cs.made++
	block := &cs.blocks[slot/blockSize]
	if block.Load() == nil {
		block.Store(new([blockSize]call))
	}
	c := &block.Load()[slot%blockSize]
	c.slot, c.done = slot, make(chan struct{}, 1)
	return c
}

// release gives a slot back, or to who waits for one.
func (cs *calls) release(c *call) {
	c.resp, c.err = Response{}, nil
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if len(cs.waiting) > 0 {
		cs.waiting[0] <- c
		cs.waiting = slices.Delete(cs.waiting, 0, 1)
		return
	}
	cs.free = append(cs.free, c)
}

// begin makes c wait for the reply to r, and returns the request's id.
func (cs *calls) begin(c *call, r *Request) uint64 {
	c.turn++
	limit := replyLimit(*r)
	if r.Op == GetMany {
		limit = maxReplies(*r)
	}
	c.limit.Store(int64(limit))
	id := c.turn<<slotBits | c.slot
	cs.active.Add(1)
	c.waits.Store(id)
	return id
}

// claim returns the call that waits for the reply to a request, and ends its waiting; nil if none does any more.
func (cs *calls) claim(id uint64) *call {
	slot := id & slotMask
	block := cs.blocks[slot/blockSize].Load()
	if block == nil || id == 0 {
		return nil
	}
	c := &block[slot%blockSize]
	if !c.waits.CompareAndSwap(id, 0) {
		return nil
	}
	cs.active.Add(-1)
	return c
}

// limit is how long a value may be that a request waits for; false if none waits any more.
func (cs *calls) limit(id uint64) (int, bool) {
	block := cs.blocks[id&slotMask/blockSize].Load()
	if block == nil || id == 0 {
		return 0, false
	}
	c := &block[id&slotMask%blockSize]
	return int(c.limit.Load()), c.waits.Load() == id
}

// expired lists the requests whose deadlines are before now.
func (cs *calls) expired(now int64) []uint64 {
	var ids []uint64
	for i := range cs.blocks {
		block := cs.blocks[i].Load()
		if block == nil {
			break
		}
		for j := range block {
			c := &block[j]
			if id := c.waits.Load(); id != 0 && c.deadline.Load() > 0 && c.deadline.Load() < now {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// fail ends all calls that wait with err.
func (cs *calls) fail(err error) {
	for i := range cs.blocks {
		block := cs.blocks[i].Load()
		if block == nil {
			return
		}
		for j := range block {
			if c := cs.claim(block[j].waits.Load()); c != nil {
				c.err = err
				c.done <- struct{}{}
			}
		}
	}
}
