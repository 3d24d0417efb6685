package membership

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/p2pcache/p2pcache/membership/internal/pb"
)

// Limits of the epochs, so that what one member makes up costs the others no more than some 2 MB.
const (
	maxEpochs         = 4096
	maxEpochNameBytes = 255
)

// RaiseEpoch raises the number called name to epoch on every member, unless it is that high already. The word goes out
// by gossip, within a second mostly; a member that was away hears it when it is back. Nothing makes a number less.
//
// Errors are ErrClosed, and that the name is longer than 255 bytes, epoch 0, or the name one too many for the 4,096 that
// a cluster may have.
func (c *Cluster) RaiseEpoch(name string, epoch uint64) error {
	var err error
	if closed := c.open(func() { err = c.epochs.raise(name, epoch) }); closed != nil {
		return closed
	}
	if err != nil {
		return fmt.Errorf("membership: raise epoch %q: %w", name, err)
	}
	return nil
}

// Epoch returns the number called name as far as this member has heard of it, 0 if not at all.
func (c *Cluster) Epoch(name string) uint64 { return c.epochs.number(name) }

// tellEpochs runs until Close, and tells the callback of each number that has grown.
func (c *Cluster) tellEpochs() {
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-c.epochs.wake:
		}
		grown := c.epochs.takeGrown()
		for _, name := range slices.Sorted(maps.Keys(grown)) {
			if c.ctx.Err() != nil {
				return
			}
			c.onEpoch(name, grown[name])
		}
	}
}

// epochs are named numbers that only grow.
type epochs struct {
	// wake has an element when a number grew since the last takeGrown.
	wake chan struct{}

	news *news // that they grew

	mu      sync.Mutex // guards the fields below
	numbers map[string]uint64
	grown   map[string]uint64 // since the last takeGrown
}

func newEpochs(n *news) *epochs {
	return &epochs{
		wake: make(chan struct{}, 1), news: n, numbers: make(map[string]uint64), grown: make(map[string]uint64),
	}
}

// raise raises the number, unless it is that high already, and passes the news on.
func (e *epochs) raise(name string, number uint64) error {
	if err := checkEpoch(name, number); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	last, known := e.numbers[name]
	if !known && len(e.numbers) >= maxEpochs {
		return fmt.Errorf("there are %d names already", maxEpochs)
	}
	if number <= last {
		return nil
	}
	e.numbers[name], e.grown[name] = number, number
	said := &pb.News{Epochs: []*pb.Epoch{{Name: []byte(name), Number: number}}}
	e.news.tell("epoch "+name, said) // under mu, or older news could take the place of newer
	signal(e.wake)
	return nil
}

func checkEpoch(name string, number uint64) error {
	switch {
	case len(name) > maxEpochNameBytes:
		return fmt.Errorf("name is %d bytes long, the limit is %d", len(name), maxEpochNameBytes)
	case number == 0:
		return errors.New("epoch is 0, it must be 1 or more")
	}
	return nil
}

func (e *epochs) number(name string) uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.numbers[name]
}

func (e *epochs) takeGrown() map[string]uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	grown := e.grown
	e.grown = make(map[string]uint64)
	return grown
}

// encode returns all numbers, for a member to hear; nil if there are none.
func (e *epochs) encode() []byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make([]*pb.Epoch, 0, len(e.numbers))
	for name, number := range e.numbers {
		all = append(all, &pb.Epoch{Name: []byte(name), Number: number})
	}
	b, _ := proto.Marshal(&pb.News{Epochs: all}) // as in tell
	return b
}

// hear raises numbers to what another member says. The error is the first of what was wrong with them.
func (e *epochs) hear(said []*pb.Epoch) error {
	var first error
	for _, epoch := range said {
		if err := e.raise(string(epoch.GetName()), epoch.GetNumber()); err != nil && first == nil {
			first = err
		}
	}
	return first
}
