// Package membership tells who is in the cluster, as ordered snapshots.
//
// Every member runs a [Cluster]. It finds the others through one or more seeds, watches them with the SWIM gossip
// protocol of hashicorp/memberlist, and publishes a new [Snapshot] whenever a member joins, changes, drains, leaves or
// dies. Snapshots of different members are eventually equal; nothing coordinates them.
//
// A member is known by its name. A member that starts again under its name is the same member, at the same address or
// another, with a new boot id. A name belongs to one live member at a time: whoever comes second is refused by the
// others until the first is gone, learns it from [Cluster.Join] and from its snapshots, and owns nothing meanwhile.
//
// Gossip forgets the dead, and so never heals a partition by itself. A Cluster therefore keeps trying to reach its
// seeds, and the members that it lost, until it is closed.
//
// How the pieces fit together:
//
//	Network ──▶ transport ──▶ gate
//	    ┌──no stranger's───────┘
//	memberlist ──callbacks──▶ delegate ──▶ table ──signal──▶ publish ──▶ Snapshot
//	    ▲                                    │                │  │
//	    │                                    │                │  └─signal─▶ notify ──▶ Config.OnSnapshot
//	    ├─────── claim ◀──name is contested──┘                │
//	    └─────── rejoin ◀─────── contacts ◀───lost and found──┘
//
// A member that has come, or whose name another one had, asks the others whether they know it, and introduces itself to those who do
// not: see [Cluster.Standing].
//
// publish, notify, claim, answer and rejoin are the goroutines of a Cluster, and tellEpochs for Config.OnEpoch, beside the two of
// its transport, those of memberlist, and one for each attempt to reach a member.
//
// A Network is UDP and TCP, or one in memory: see package simnet. The gate lets through what a member may have sent, of this
// cluster's label, encrypted with its key, and not made to take much memory; it counts and logs the rest.
//
// What a cluster has to agree on beside its members are epochs: named numbers that only grow, so that it does not matter
// in which order, how often or how late a member hears of them. [Cluster.RaiseEpoch] raises one.
//
// memberlist calls the delegate while it holds its own lock. The delegate therefore only copies what it is given into
// the table; it calls nothing, waits for nothing and writes no log.
//
// # Locks
//
// Cluster.lifecycle may be held while memberlist's lock is taken, and memberlist's lock while table.mu is taken; never
// in another order. epochs.mu may be held while the lock of its queue is taken, and that while table.mu is; memberlist's
// lock is not held then. contacts.mu, greeters.mu, keyring.mu and streamSet.mu are leaves: nothing of these is locked, called or sent
// while they are held.
package membership
