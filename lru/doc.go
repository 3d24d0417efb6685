// Package lru is a concurrent in-memory cache that is bounded in bytes, lets
// entries expire, and withstands scans and loops.
//
// A [Cache] holds two kinds of entries within one budget: those that their
// holder owns, and hot copies of entries that somebody else owns, which never
// take more than a share of it. It knows nothing of what the kinds are used for.
//
// # How it works
//
// Entries are records, appended to logs that consist of chunks. What was written
// is never written again, so that a [Cache.Get] may return a piece of a chunk as
// it is, and the collector frees a chunk when the cache has dropped it and its
// last reader lets go. To the collector a cache of millions of entries is a few
// thousand chunks without a pointer in them.
//
// An index of words without pointers tells where the record of a key lies, and
// how often it was used of late, up to three times. A Get reads it without a
// lock, and writes only where a use is to be counted. A cache of some size consists
// of parts, by the hashes of keys; what changes a part is done under its mutex. The
// parts share the budget, and their logs of one kind are one queue: what is evicted
// next is the oldest chunk of all. A chunk's room is freed when the chunk is the
// oldest of its queue and what is worth keeping in it has been copied to a newer one,
// or before that, when much of it is dead.
//
// # What is evicted
//
// A new entry joins a small queue. At its end it moves to the main queue or is
// evicted, leaving a ghost: bits of its hash. Which of the two, and how large the
// small queue is, depends on rules. No rules are the best for every load, so
// that a cache tries several of them all the time, each in a trial without values
// on a sample of its keys, and goes by those that brought the most hits of late:
//
//   - S3-FIFO (Yang et al., SOSP 2023): what was used twice in the small queue, or
//     comes back while its ghost is young, moves to the main queue; so does what was
//     used three times in all, for one use or while there is any ghost of it;
//   - a small queue of three tenths of all entries, and a main queue in which all uses
//     count as one: nearly LRU, for loads whose popular keys change;
//   - the same with a small queue of nine tenths, where they stop being popular at once;
//   - by frequency: only what was used more often than another moves to the main
//     queue, in place of that. In a loop longer than the cache, where the others
//     bring no hits at all, this keeps a part of it.
//
// At the end of the main queue an entry goes round again once for each of its
// latest uses, or once for all. Hot copies have a queue of their own, which works like the main
// queue. Demoted entries go before all others.
package lru
