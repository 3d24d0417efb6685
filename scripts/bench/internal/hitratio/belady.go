package hitratio

import (
	"container/heap"
	"math"
)

// belady counts the hits of a cache of so many entries that knows the future: it drops, or does not take in, what is
// used again last. No policy has more.
func belady(t trace, entries int) int {
	next := nextUses(t)
	resident := make(map[uint32]int, entries) // key to its next use
	var queue byNextUse
	hits := 0
	for i, key := range t.accesses {
		if _, ok := resident[key]; ok {
			hits++
		}
		resident[key] = next[i]
		heap.Push(&queue, use{at: next[i], key: key})
		for len(resident) > entries {
			last := heap.Pop(&queue).(use)
			if at, ok := resident[last.key]; ok && at == last.at { // else its next use has come since
				delete(resident, last.key)
			}
		}
	}
	return hits
}

// nextUses gives for each access when its key is used again; never is math.MaxInt.
func nextUses(t trace) []int {
	next := make([]int, len(t.accesses))
	seen := make([]int, len(t.keys))
	for i := range seen {
		seen[i] = math.MaxInt
	}
	for i := len(t.accesses) - 1; i >= 0; i-- {
		next[i], seen[t.accesses[i]] = seen[t.accesses[i]], i
	}
	return next
}

// use is the next use of a key.
type use struct {
	at  int
	key uint32
}

// byNextUse is a heap with the last use on top.
type byNextUse []use

func (q byNextUse) Len() int           { return len(q) }
func (q byNextUse) Less(i, j int) bool { return q[i].at > q[j].at }
func (q byNextUse) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *byNextUse) Push(x any)        { *q = append(*q, x.(use)) }
func (q *byNextUse) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
