// Package hashring tells which members own a hash. It is consistent hashing:
// when a member joins, only the keys that it takes over change their owner;
// when one leaves, only the keys that it had do.
//
// A [Ring] is an immutable value. [Ring.With] and [Ring.Without] return another
// ring and leave the old one as it was, so any number of goroutines may share
// one without a lock. Rings of the same members are equal in all that they
// answer, whatever the order in which the members came and went, so nodes that
// agree on the members agree on every owner without a word between them.
//
// # How it works
//
// Every member has pseudo-random points on a circle of 2^32 positions, as many
// as its weight asks for. They follow from its name alone. A hash belongs to
// the member whose point is the first at or after the hash's upper 32 bits,
// going round at the end; where two members have a point at one position, the
// lesser name is first.
//
// The circle is cut into equal arcs, each a small sorted table in which a point
// is found by its position rather than by a search (see arc.go). A ring that
// gains or loses a member copies only the arcs in which that member has points
// and shares the rest with the ring it came from.
//
// Positions are for ever: nodes of different versions share one cluster, and a
// key whose owner they see differently is loaded twice. The file
// testdata/owners.golden pins them.
package hashring
