package hitratio

import "github.com/p2pcache/p2pcache/scripts/bench/internal/caches"

const (
	// valueBytes is the length of all values where entries are counted.
	valueBytes = 256

	// leastValues is what the values together take at the least: the smallest budget of this project's store must not hold
	// more than the few entries of a tiny cache.
	leastValues = 16 << 10
)

// equalValues is the sizer of a replay in which caches hold the same number of entries.
func equalValues(entries int) sizer {
	length := max(valueBytes, leastValues/entries)
	return func(uint32) int { return length }
}

// runStore replays t on this project's store under the largest budget with which it never holds more than so many entries. The
// peers are bounded by the number itself.
func runStore(t trace, entries int) (outcome, error) {
	size := equalValues(entries)
	outcomes := make(map[int64]outcome)
	budget, err := caches.BudgetFor(entries, int64(entries)*int64(size(0)), func(budget int64) (int, error) {
		o, err := run(caches.P2PCache, caches.Limit{Bytes: budget}, t, size, caches.Cache.Len)
		outcomes[budget] = o
		if o.peak == len(t.keys) {
			o.peak = min(o.peak, entries) // a larger budget would hold no more
		}
		return o.peak, err
	})
	return outcomes[budget], err
}
