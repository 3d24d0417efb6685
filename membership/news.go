package membership

import (
	"fmt"

	"github.com/hashicorp/memberlist"
	"google.golang.org/protobuf/proto"

	"github.com/p2pcache/p2pcache/membership/internal/pb"
)

// news are on their way to the other members: each is sent as often as memberlist sends its own, in the room that those
// leave in a packet.
type news struct {
	queue memberlist.TransmitLimitedQueue // has a lock of its own
}

// newNews returns no news yet, for a cluster of as many members as members says.
func newNews(p Profile, members func() int) *news {
	return &news{memberlist.TransmitLimitedQueue{NumNodes: members, RetransmitMult: p.RetransmitMult}}
}

// tell passes said on, in place of older news about the same. The channel is closed once that was sent often enough, or
// newer ones took its place.
func (n *news) tell(about string, said *pb.News) <-chan struct{} {
	b, _ := proto.Marshal(said) // fails for strings that are not UTF-8 alone, and has none
	item := newsItem{about, b, make(chan struct{})}
	n.queue.QueueBroadcast(item)
	return item.sent
}

// due returns news to put into a packet with room for limit bytes, each taking overhead more.
func (n *news) due(overhead, limit int) [][]byte { return n.queue.GetBroadcasts(overhead, limit) }

// hear takes in what another member tells. It does not trust what it is given; the error is the first of what was wrong
// with it.
func (n *news) hear(b []byte, e *epochs, t *table, g *greeters) error {
	var said pb.News
	if err := proto.Unmarshal(b, &said); err != nil {
		return fmt.Errorf("decode news: %w", err)
	}
	for _, d := range said.Departures {
		if t.depart(string(d.GetName()), d.GetBoot(), d.GetLeft()) {
			n.tell(aboutDeparture(d), &pb.News{Departures: []*pb.Departure{d}})
		}
	}
	for _, greeting := range said.Greetings {
		g.greet(string(greeting.GetName()), greeter{greeting.GetBoot(), greeting.GetNumber()})
	}
	for _, a := range said.Answers {
		t.hearAnswer(a)
	}
	return e.hear(said.Epochs)
}

func aboutDeparture(d *pb.Departure) string { return "departure " + string(d.GetName()) }

// newsItem is a piece of news on its way.
type newsItem struct {
	about   string
	encoded []byte
	sent    chan struct{}
}

var _ memberlist.NamedBroadcast = newsItem{}

// Name makes the queue drop older news about the same.
func (n newsItem) Name() string { return n.about }

// Invalidates tells what Name does, to whom asks by this method.
func (n newsItem) Invalidates(other memberlist.Broadcast) bool {
	o, ok := other.(newsItem)
	return ok && o.about == n.about
}

// Message is what is sent.
func (n newsItem) Message() []byte { return n.encoded }

// Finished is called once.
func (n newsItem) Finished() { close(n.sent) }
