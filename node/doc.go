// Package node is a peer-to-peer read-through cache to embed.
//
// Nodes find each other by gossip, agree on a consistent-hash ring without a coordinator, and each key of a group has one
// owner, which loads it from the origin once, however many callers on however many nodes ask for it.
//
// # A Get
//
// A Get looks in the group's store, which answers for keys that the node owns and for hot copies of others'. On a miss it
// asks the ring who owns the key. If this node does, the Get joins the key's load flight: look again, peek at the
// members that may hold the key if the ring changed lately, else call the Loader, and store. If a peer does, the Get joins the
// key's fetch flight: look again, ask the owner, else the next owner on the ring, else load here without becoming the owner.
//
// A peer's request is answered by the store or a load flight and by nothing else: it is never forwarded. A peek is answered by
// the store alone. So nodes whose rings disagree cannot wait for each other.
//
// What an owner answers is final, an error of the origin or "not found" included. Only where no answer came does the asker
// move on.
//
// # Writes
//
// Set and Remove go to the owner first and then to every other member, so that no copy survives; Purge goes to all. The
// owner issues a version for the write, which the others are told. Each member fences the flights of the key, so that what a
// load or fetch that began earlier brings is not stored, and for a while believes nothing that is older than the write,
// wherever it comes from. A node that stood still, and so may have missed writes, has what it holds confirmed by others before it
// serves that.
//
// # Changes of the ring
//
// What moves to other members is handed over in the background, hottest first, and then goes first here. A node that leaves
// hands over all that it holds before it goes. While the ring changes, an owner that misses peeks at the previous owners before
// it calls the Loader.
//
// # Locks
//
// intake.mu, which is only held long enough to store a copy, comes first, and returned.mu second.
// A flight shard's lock (flightShard.mu) is taken before those of package lru, and both only for as long as the store
// takes. topology.mu, groupTable.mu and missed.mu are held alone, but that doubt.mu is taken after topology.mu, and workers.mu last of all.
// No lock is held while a Loader runs, a peer is asked or a line is logged. certificates.look is held while files are read: no
// connection waits for it.
package node
