package node_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

// stressTransit is how much a life may be lengthened by the time that a value is under way between nodes: only what is left
// of a life travels. A process that is starved takes longer.
const stressTransit = 2 * stallFor

// stallFor is how long a connection stalls at most.
const stallFor = 100 * time.Millisecond

// stressSlot is a member's name, under which one node runs after the other.
type stressSlot struct {
	name string
	node atomic.Pointer[stressNode]
}

type stressNode struct {
	*node.Node
	groups []*node.Group
	ending atomic.Bool // it leaves, or is closed
}

// current is the slot's node; nil while it restarts.
func (s *stressSlot) current() *stressNode { return s.node.Load() }

func startSlots(t testing.TB, s *stress, n int) []*stressSlot {
	t.Helper()
	var slots []*stressSlot
	for i := range n {
		slot := &stressSlot{name: fmt.Sprintf("n%d", i)}
		slots = append(slots, slot)
		slot.start(t, s, slots[0])
		t.Cleanup(func() { slot.current().Close() })
	}
	nodetest.WaitAgreed(t, nodesOf(slots)...)
	return slots
}

func nodesOf(slots []*stressSlot) []*node.Node {
	var nodes []*node.Node
	for _, slot := range slots {
		nodes = append(nodes, slot.current().Node)
	}
	return nodes
}

// start starts a node under the slot's name, which serves readers and writers once it has joined.
func (s *stressSlot) start(t testing.TB, run *stress, seed *stressSlot) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Error(err)
		return
	}
	n, err := node.New(node.Config{Name: s.name, Listener: faultyListener{l, run.faults}, Gossip: "127.0.0.1:0"})
	if err != nil {
		t.Error(err)
		return
	}
	in := &stressNode{Node: n}
	for _, g := range run.groups {
		group, err := n.NewGroup(g.name, g.cfg)
		if err != nil {
			t.Error(err)
		}
		in.groups = append(in.groups, group)
	}
	if seed != s {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := n.Join(ctx, seed.current().Self().GossipAddr); err != nil {
			t.Errorf("%s joins: %v", s.name, err)
		}
	}
	s.node.Store(in)
}

// restart ends a node, with or without a word, and starts one under its name elsewhere.
func (s *stress) restart(random *rand.Rand) {
	pauseFor(time.Duration(random.IntN(2000)) * time.Millisecond)
	i := random.IntN(len(s.slots))
	slot, seed := s.slots[i], s.slots[(i+1)%len(s.slots)]
	old := slot.current()
	old.ending.Store(true)
	slot.node.Store(nil)
	s.changes.Add(1)
	s.history.note("%s ends", slot.name)
	if random.IntN(2) == 0 {
		ctx, cancel := context.WithTimeout(s.t.Context(), 5*time.Second)
		defer cancel()
		if err := old.Leave(ctx); err != nil {
			s.t.Logf("%s leaves: %v", slot.name, err)
		}
	}
	old.Close() // loads that ignore their context are none of its faults
	slot.start(s.t, s, seed)
	s.history.note("%s is there again at %s", slot.name, slot.current().Self().HTTPAddr)
}

// disturb makes a node see a ring of its own for a while.
func (s *stress) disturb(random *rand.Rand) {
	pauseFor(time.Duration(random.IntN(200)) * time.Millisecond)
	in := s.slots[random.IntN(len(s.slots))].current()
	if in == nil {
		return
	}
	s.changes.Add(1)
	if random.IntN(3) == 0 {
		in.RestoreRing()
		s.history.note("%s sees the ring again", in.Self().Name)
		return
	}
	var names []string
	for _, m := range in.Members() {
		if random.IntN(2) == 0 {
			names = append(names, m.Name)
		}
	}
	in.DisturbRing(names...)
	s.history.note("%s sees a ring of %v", in.Self().Name, names)
}

// settle ends all faults, and checks that no key is stuck: each node answers for each, with the newest state once that is told.
func (s *stress) settle() {
	if s.t.Failed() {
		return
	}
	for _, slot := range s.slots {
		slot.current().RestoreRing()
	}
	for _, g := range s.groups {
		g.calm.Store(true)
	}
	nodetest.WaitAgreed(s.t, nodesOf(s.slots)...)
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	for _, g := range s.groups {
		for i, k := range g.keys {
			remover := s.slots[i%len(s.slots)].current().groups[g.index]
			err := remover.Remove(ctx, k.name)
			for err != nil && ctx.Err() == nil {
				err = remover.Remove(ctx, k.name)
			}
			if err != nil {
				s.t.Fatalf("Remove(%q) in the end: %v", k.name, err)
			}
			k.acknowledge(k.current.Load())
			for _, slot := range s.slots {
				started := time.Now()
				v, err := slot.current().groups[g.index].Get(ctx, k.name)
				if wrong := g.check(k, k.told.Load(), started, v, err, nil); wrong != nil {
					s.t.Errorf("in the end Get(%s %q) at %s = %q, %v: %v", g.name, k.name, slot.name, v, err, wrong)
				}
			}
		}
	}
}

func (s *stress) summary() string {
	return fmt.Sprintf("%d Gets of which %d failed, %d writes acknowledged and %d not, %d changes of rings, %d stalls and %d breaks of connections; "+
		"a Get was at most %v late, a timer %v", s.gets.Load(), s.failures.Load(), s.writes.Load(), s.missed.Load(), s.changes.Load(),
		s.faults.stalls.Load(), s.faults.breaks.Load(), s.getLate.get(), s.timerLate.get())
}

// faults make connections stall and break at random while they are on.
type faults struct {
	on             atomic.Bool
	stalls, breaks atomic.Int64

	mu     sync.Mutex
	random *rand.Rand // guarded by mu
}

// roll is what happens to a read: it may be held up, and the connection may break.
func (f *faults) roll() (stall time.Duration, broken bool) {
	if !f.on.Load() {
		return 0, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch n := f.random.IntN(2000); {
	case n == 0:
		f.breaks.Add(1)
		return 0, true
	case n < 20:
		f.stalls.Add(1)
		return time.Duration(f.random.Int64N(int64(stallFor))), false
	}
	return 0, false
}

type faultyListener struct {
	net.Listener
	faults *faults
}

func (l faultyListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &faultyConn{conn, l.faults}, nil
}

type faultyConn struct {
	net.Conn
	faults *faults
}

func (c *faultyConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	stall, broken := c.faults.roll()
	if broken {
		c.Close()
		return 0, net.ErrClosed
	}
	if stall > 0 {
		pauseFor(stall)
	}
	return n, err
}
