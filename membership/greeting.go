package membership

import (
	"cmp"
	"slices"
	"sync"

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

	mu      sync.Mutex        // guards the fields below
	waiting map[string]uint64 // boot ids by name
	known   []Member          // whom the callback was told of, sorted by name
}

func newGreeters() *greeters {
	return &greeters{wake: make(chan struct{}, 1), waiting: make(map[string]uint64)}
}

// greet takes note of a greeting.
func (g *greeters) greet(name string, boot uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) < maxGreeters {
		g.waiting[name] = boot
		signal(g.wake)
	}
}

// tell takes note of whom the callback was told of.
func (g *greeters) tell(members []Member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.known = members
	if len(g.waiting) > 0 {
		signal(g.wake)
	}
}

// takeKnown returns the greeters that are known. The others greet again once they are, or are nobody's greeters any more.
func (g *greeters) takeKnown() []Member {
	g.mu.Lock()
	defer g.mu.Unlock()
	var known []Member
	for name, boot := range g.waiting {
		i, ok := slices.BinarySearchFunc(g.known, name, func(m Member, name string) int { return cmp.Compare(m.Name, name) })
		if ok && g.known[i].Boot == boot {
			known = append(known, g.known[i])
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
			c.send(m, &pb.News{Answers: []*pb.Answer{{Name: []byte(self.Name), Boot: self.Boot, Knows: m.Boot}}})
		}
	}
}

// greet asks a member whether it knows this one.
func (c *Cluster) greet(m Member) {
	self := c.Self()
	c.send(m, &pb.News{Greetings: []*pb.Greeting{{Name: []byte(self.Name), Boot: self.Boot}}})
}

// send sends a packet to one member. Whether it arrives is for the sender to find out.
func (c *Cluster) send(to Member, said *pb.News) {
	b, _ := proto.Marshal(said) // as in tell
	_ = c.list.SendToAddress(memberlist.Address{Addr: to.GossipAddr, Name: to.Name}, b)
}
