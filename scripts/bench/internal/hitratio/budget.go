package hitratio

import (
	"github.com/p2pcache/p2pcache/lru"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/caches"
)

const (
	// valueBytes is the length of all values where entries are counted.
	valueBytes = 256

	// leastValues is what the values together take at the least: the smallest budget of this project's store must not hold
	// more than the few entries of a tiny cache.
	leastValues = 16 << 10

	// budgetTries bounds the search for a budget.
	budgetTries = 8

	// closeEnough ends the search: the store held this share of the entries that it may hold.
	closeEnough = 0.995
)

// equalValues is the sizer of a replay in which caches hold the same number of entries.
func equalValues(entries int) sizer {
	length := max(valueBytes, leastValues/entries)
	return func(uint32) int { return length }
}

// runStore replays t on this project's store under the largest budget with which it never holds more than so many entries. The
// store is bounded in bytes, overhead and unused room included, so that the budget is not known beforehand: it is searched by
// replaying t again and again. The peers are bounded by the number itself.
func runStore(t trace, entries int) (outcome, error) {
	size := equalValues(entries)
	budget := int64(entries) * int64(size(0))
	var best outcome
	low, high := int64(0), int64(0) // budgets that hold too few and too many; 0: not known
	for range budgetTries {
		o, err := run(caches.P2PCache, caches.Limit{Bytes: max(budget, lru.MinMaxBytes)}, t, size, true)
		if err != nil {
			return outcome{}, err
		}
		if o.peak <= entries {
			low = budget
			if o.peak >= best.peak {
				best = o
			}
			if float64(o.peak) >= closeEnough*float64(entries) || o.peak >= len(t.keys) {
				break
			}
		} else {
			high = budget
		}
		budget = nextBudget(budget, low, high, float64(entries)/float64(max(o.peak, 1)))
	}
	return best, nil
}

// nextBudget scales a budget by how far it was off, and keeps it between those that are known to be too small and too large.
func nextBudget(budget, low, high int64, factor float64) int64 {
	scaled := int64(float64(budget) * factor)
	if scaled <= low || high > 0 && scaled >= high {
		scaled = (low + high) / 2
	}
	return scaled
}
