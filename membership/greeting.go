package membership

import (
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
	"google.golang.org/protobuf/proto"

	"github.com/p2pcache/p2pcache/membership/internal/pb"
)

// maxGreeters bounds the greeters that wait to be known here. Those that find no room greet again.
const maxGreeters = 256

// greeters are the members that asked whether this one knows them, and were not answered yet: nobody answers before its callback was
// told of the greeter.
type greeters struct {
	// wake has an element when there is somebody to be answered, perhaps.
	wake chan struct{}

	mu      sync.Mutex              // guards the fields below
	waiting map[string]greeter      // by name
	known   map[string]acquaintance // whom the callback was told of, by name
}

// greeter is how a member was started, and the number of its greeting.
type greeter struct{ boot, number uint64 }

// acquaintance is a member of which the callback was told, each time since a moment.
type acquaintance struct {
	Member
	since  time.Time
	number uint64 // of its greeting, where it is to be answered
}

func newGreeters() *greeters {
	return &greeters{wake: make(chan struct{}, 1), waiting: make(map[string]greeter)}
}

// greet takes note of a greeting.
func (g *greeters) greet(name string, by greeter) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) < maxGreeters {
		g.waiting[name] = by
		signal(g.wake)
	}
}

// tell takes note of whom the callback was told of.
func (g *greeters) tell(members []Member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	known := make(map[string]acquaintance, len(members))
	for _, m := range members {
		a := acquaintance{Member: m, since: time.Now()}
		if was, ok := g.known[m.Name]; ok && was.Boot == m.Boot {
			a.since = was.since
		}
		known[m.Name] = a
	}
	g.known = known
	if len(g.waiting) > 0 {
		signal(g.wake)
	}
}

// takeKnown returns the greeters that are known. The others greet again once they are, or are nobody's greeters any more.
func (g *greeters) takeKnown() []acquaintance {
	g.mu.Lock()
	defer g.mu.Unlock()
	var known []acquaintance
	for name, by := range g.waiting {
		if a, ok := g.known[name]; ok && a.Boot == by.boot {
			a.number = by.number
			known = append(known, a)
			delete(g.waiting, name)
		}
	}
	if len(g.waiting) == maxGreeters { // who will not be known must not be in the way of those who will
		clear(g.waiting)
	}
	return known
}

// answer runs until Close, and answers those who greet.
func (c *Cluster) answer() {
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-c.greeters.wake:
		}
		self := c.Self()
		for _, m := range c.greeters.takeKnown() {
			c.send(m.Member, &pb.News{Answers: []*pb.Answer{{
				Name: []byte(self.Name), Boot: self.Boot, Knows: m.Boot, ForMs: uint64(time.Since(m.since).Milliseconds()),
				Number: m.number,
			}}})
		}
	}
}

// greet asks a member whether it knows this one; times is that of the standing.
func (c *Cluster) greet(m Member, times uint64) {
	self := c.Self()
	c.send(m, &pb.News{Greetings: []*pb.Greeting{{Name: []byte(self.Name), Boot: self.Boot, Number: times}}})
}

// send sends a packet to one member. Whether it arrives is for the sender to find out.
func (c *Cluster) send(to Member, said *pb.News) {
	b, _ := proto.Marshal(said) // as in tell
	_ = c.list.SendToAddress(memberlist.Address{Addr: to.GossipAddr, Name: to.Name}, b)
}
