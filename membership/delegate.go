package membership

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/hashicorp/memberlist"
	"github.com/rs/zerolog"
)

// delegate hears from memberlist.
//
// memberlist holds its lock during the calls about members, so that a method of memberlist called from here would wait
// for itself forever. Nodes passed in belong to memberlist, which changes them later: their fields are copied. A node's
// State says nothing: memberlist fills another field of that name.
//
// There is no merge delegate: its refusal would be one for all members that a peer tells about, so that a single forged
// one would keep whole clusters apart. NotifyAlive refuses one by one, and a refused member is neither probed nor told
// to others.
type delegate struct {
	table        *table
	epochs       *epochs
	news         *news
	greeters     *greeters
	allowForeign bool
	maxMetaBytes int
}

var (
	_ memberlist.Delegate         = (*delegate)(nil)
	_ memberlist.EventDelegate    = (*delegate)(nil)
	_ memberlist.AliveDelegate    = (*delegate)(nil)
	_ memberlist.ConflictDelegate = (*delegate)(nil)
)

// NodeMeta is this member's metadata. memberlist panics if that is over the limit; Start made sure that it is not.
func (d *delegate) NodeMeta(limit int) []byte {
	meta, err := encodeMeta(d.table.selfMember())
	if err != nil || len(meta) > limit {
		return nil
	}
	return meta
}

// NotifyAlive refuses announcements that no member of this cluster would make.
func (d *delegate) NotifyAlive(n *memberlist.Node) error {
	if n.Name == d.table.selfMember().Name {
		// memberlist answers what others say of this member by saying it right. To refuse would leave a lie standing.
		d.hearSelf(n)
		return nil
	}
	m, err := d.decode(n)
	if err == nil {
		err = checkProtocol(n)
	}
	if err == nil && len(n.Meta) > d.maxMetaBytes {
		err = fmt.Errorf("metadata takes %d bytes, the limit is %d", len(n.Meta), d.maxMetaBytes)
	}
	if err == nil && !d.table.hasRoom(n.Name) {
		err = errors.New("there are too many members already")
	}
	if err != nil {
		name := m.Name[:min(len(m.Name), maxNameBytes)]
		d.table.note(fmt.Sprintf("refused %q %x", name, m.Boot), notice{
			kind: noticeRefused, level: zerolog.WarnLevel, text: "member refused", name: name, addr: m.GossipAddr, err: err,
		})
	}
	return err
}

// hearSelf takes note of who is announced by this member's name.
func (d *delegate) hearSelf(n *memberlist.Node) {
	m, err := d.decode(n)
	switch self := d.table.selfMember(); {
	case err != nil:
	case m.GossipAddr != self.GossipAddr:
		d.table.hearRival(m)
	case m.Boot == self.Boot: // else it is this member's last run, here as well
		d.table.hearEcho()
	}
}

// NotifyJoin is called when a member appears: a new one, or one that was gone.
func (d *delegate) NotifyJoin(n *memberlist.Node) { d.put(n) }

// NotifyUpdate is called when a member's metadata changes: it drains, or started again before it was missed.
func (d *delegate) NotifyUpdate(n *memberlist.Node) { d.put(n) }

// NotifyLeave is called when a member left or died. Both look alike here; a member that leaves says first that it
// drains.
func (d *delegate) NotifyLeave(n *memberlist.Node) { d.table.remove(n.Name) }

// NotifyConflict is called when a name is announced at an address while it is held at another.
func (d *delegate) NotifyConflict(holder, claimant *memberlist.Node) {
	self := d.table.selfMember()
	at, from := gossipAddr(holder), gossipAddr(claimant)
	c := notice{
		kind: noticeConflict, level: zerolog.WarnLevel, name: claimant.Name, addr: from, holds: at,
		text: "another member claims a name that is taken; it is refused until the name's holder is gone",
	}
	if holder.Name == self.Name {
		c.text = "another member claims this member's name" // claim finds out which of them has it
	}
	d.table.note(fmt.Sprintf("conflict %q %s %s", claimant.Name, at, from), c)
}

// NotifyMsg is called with news that another member passes on.
func (d *delegate) NotifyMsg(b []byte) { d.hear(b) }

// GetBroadcasts returns news to pass on, in the room that those of members leave in a packet.
func (d *delegate) GetBroadcasts(overhead, limit int) [][]byte {
	return d.news.due(overhead, limit)
}

// LocalState is what this member knows beside the members, for another to merge.
func (d *delegate) LocalState(bool) []byte { return d.epochs.encode() }

// MergeRemoteState is called with what another member knows.
func (d *delegate) MergeRemoteState(b []byte, _ bool) { d.hear(b) }

func (d *delegate) hear(b []byte) {
	if err := d.news.hear(b, d.epochs, d.table, d.greeters); err != nil {
		d.table.note("news", notice{kind: noticeRefused, level: zerolog.WarnLevel, text: "news refused", err: err})
	}
}

func (d *delegate) put(n *memberlist.Node) {
	if n.Name == d.table.selfMember().Name {
		return // the table knows better
	}
	if m, err := d.decode(n); err == nil { // else NotifyAlive let it pass for another reason than being valid
		d.table.put(m)
	}
}

func (d *delegate) decode(n *memberlist.Node) (Member, error) {
	return decodeMember(n.Name, n.Addr, n.Port, n.Meta, d.allowForeign)
}

// checkProtocol keeps out a member whose protocol range would make memberlist refuse every exchange with everyone, for
// it demands that the ranges of all known members overlap.
func checkProtocol(n *memberlist.Node) error {
	gossip := n.PMin <= protocolVersion && n.PMax >= protocolVersion && n.PCur == protocolVersion
	if !gossip || n.DMin != 0 || n.DCur != 0 {
		return errors.New("gossip protocol version differs")
	}
	return nil
}

func gossipAddr(n *memberlist.Node) string {
	ip, _ := netip.AddrFromSlice(n.Addr)
	return netip.AddrPortFrom(ip.Unmap(), n.Port).String()
}
