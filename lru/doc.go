// Package lru is a concurrent in-memory cache that is bounded in bytes, lets
// entries expire, and withstands scans.
//
// A [Cache] holds two kinds of entries within one budget: those that their
// holder owns, and hot copies of entries that somebody else owns, which never
// take more than a share of it. It knows nothing of what the kinds are used for.
//
// # How it works
//
// The index, which a [Cache.Get] reads, is split by hash into many shards, each
// a map under its own read-write lock, held for one map operation. A Get takes
// that read lock and nothing else; it notes the use of an entry in the entry
// itself, and only until the entry counts as well used.
//
// Everything that decides what stays is kept once for the whole cache, under one
// mutex that only changes take: the byte count, the eviction queues and the
// order of expiry. Splitting these by shard as well would let stores run in
// parallel, but would also split the budget: a value could be no larger than a
// share of a shard, a small cache could have only one shard for its readers, and
// keys crowded into one shard would evict each other beside empty ones. A store
// follows a load that costs far more than it, so the exact budget was chosen.
//
// # What is evicted
//
// Eviction is S3-FIFO (Yang et al., "FIFO queues are all you need for cache
// eviction", SOSP 2023). A new entry joins a small queue; at its end, an entry
// that was used since it came moves to the main queue, and any other is evicted,
// leaving its hash as a ghost. A key that comes back while its ghost is
// remembered joins the main queue at once. At the end of the main queue an entry
// goes round again once for each of its latest uses, at most three. So a scan,
// however long, only passes through the small queue. Hot copies have a queue of
// their own, which works like the main queue.
//
// Nothing live is evicted while the cache holds an entry that has expired.
package lru
