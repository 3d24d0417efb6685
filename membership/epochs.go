package membership

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/hashicorp/memberlist"
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

	news memberlist.TransmitLimitedQueue // to be passed on; has a lock of its own, which mu may be held for

	mu      sync.Mutex // guards the fields below
	numbers map[string]uint64
	grown   map[string]uint64 // since the last takeGrown
}

// newEpochs returns no epochs yet, for a cluster of as many members as members says.
func newEpochs(members func() int) *epochs {
	return &epochs{
		wake:    make(chan struct{}, 1),
		news:    memberlist.TransmitLimitedQueue{NumNodes: members, RetransmitMult: retransmitMult},
		numbers: make(map[string]uint64),
		grown:   make(map[string]uint64),
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
	e.news.QueueBroadcast(newEpochNews(name, number)) // under mu, or older news could take the place of newer
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
	b, _ := proto.Marshal(&pb.News{Epochs: all}) // fails for strings that are not UTF-8 alone, and has none
	return b
}

// hear raises numbers to what another member says, and passes on what was new. It does not trust what it is given; the
// error is the first of what was wrong with it.
func (e *epochs) hear(b []byte) error {
	var said pb.News
	if err := proto.Unmarshal(b, &said); err != nil {
		return fmt.Errorf("decode news: %w", err)
	}
	var first error
	for _, epoch := range said.Epochs {
		if err := e.raise(string(epoch.GetName()), epoch.GetNumber()); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// epochNews is the news that a number grew, in place of any older news of that number.
type epochNews struct {
	name    string
	encoded []byte
}

var _ memberlist.NamedBroadcast = epochNews{}

func newEpochNews(name string, number uint64) epochNews {
	b, _ := proto.Marshal(&pb.News{Epochs: []*pb.Epoch{{Name: []byte(name), Number: number}}}) // as in encode
	return epochNews{name, b}
}

// Name makes the queue drop older news of the number; the prefix keeps the empty name from meaning none.
func (n epochNews) Name() string { return "epoch " + n.name }

// Invalidates tells what Name does, to whom asks by this method.
func (n epochNews) Invalidates(other memberlist.Broadcast) bool {
	o, ok := other.(epochNews)
	return ok && o.name == n.name
}

// Message is what is sent.
func (n epochNews) Message() []byte { return n.encoded }

// Finished is nobody's business.
func (epochNews) Finished() {}
