// Package membership tells who is in the cluster, as ordered snapshots.
//
// Every member runs a [Cluster]. It finds the others through one or more seeds, watches them with the SWIM gossip
// protocol of hashicorp/memberlist, and publishes a new [Snapshot] whenever a member joins, changes, drains, leaves or
// dies. Snapshots of different members are eventually equal; nothing coordinates them.
//
// A member is known by its name. A member that starts again under its name is the same member, at the same address or
// another, with a new boot id. A name belongs to one live member at a time: whoever comes second is refused by the
// others until the first is gone, and says so in its log.
//
// Gossip forgets the dead, and so never heals a partition by itself. A Cluster therefore keeps trying to reach its
// seeds, and the members that it lost, until it is closed.
//
// How the pieces fit together:
//
//	memberlist ──callbacks──▶ delegate ──▶ table ──signal──▶ publish ──▶ Snapshot
//	    ▲                                    │                │  │
//	    │                                    │                │  └─signal─▶ notify ──▶ Config.OnSnapshot
//	    ├─────── claim ◀──name is contested──┘                │
//	    └─────── rejoin ◀─────── contacts ◀───lost and found──┘
//
// publish, notify, claim and rejoin are the four goroutines of a Cluster, beside the two of its transport, those of
// memberlist, and one for each attempt to reach a member.
//
// memberlist calls the delegate while it holds its own lock. The delegate therefore only copies what it is given into
// the table; it calls nothing, waits for nothing and writes no log.
//
// # Locks
//
// Cluster.lifecycle may be held while memberlist's lock is taken, and memberlist's lock while table.mu is taken; never
// in another order. contacts.mu and streamSet.mu are leaves: nothing is locked, called or sent while they are held.
package membership
