package hitratio

import (
	"math"

	"github.com/p2pcache/p2pcache/lru"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/caches"
)

// Values of mixed sizes are spread evenly over the orders of magnitude between these.
const (
	smallestValue = 16
	largestValue  = 4096
)

// mixedValues gives each key a length, always the same.
func mixedValues(key uint32) int {
	h := uint64(key+1) * 0x9E3779B97F4A7C15 // spreads neighbours, by the golden ratio
	share := float64(h>>11) / (1 << 53)
	return int(smallestValue * math.Pow(largestValue/smallestValue, share))
}

// bytesOf is what all distinct keys of t and their values take.
func bytesOf(t trace) int64 {
	sum := int64(0)
	for i, key := range t.keys {
		sum += int64(len(key) + mixedValues(uint32(i)))
	}
	return sum
}

// budgetOf is the budget in bytes that s stands for.
func (s size) budgetOf(t trace) int64 {
	return max(int64(s.share(t)/100*float64(bytesOf(t))), lru.MinMaxBytes)
}

// runMixed replays t with values of mixed sizes within one budget. The peers count keys and values against it, this
// project's store its overhead too.
func runMixed(kind caches.Kind, budget int64, t trace) (outcome, error) {
	return run(kind, caches.Limit{Bytes: budget}, t, mixedValues, nil)
}

// runPayload is runMixed for caches of which each holds as many bytes of keys and values: this project's store has the largest
// budget with which it never holds more.
func runPayload(kind caches.Kind, payload int64, t trace) (outcome, error) {
	if kind.Name != caches.P2PCache.Name {
		return runMixed(kind, payload, t)
	}
	outcomes := make(map[int64]outcome)
	budget, err := caches.BudgetFor(int(payload), payload, func(budget int64) (int, error) {
		o, err := run(kind, caches.Limit{Bytes: budget}, t, mixedValues, caches.Payload)
		outcomes[budget] = o
		return o.peak, err
	})
	return outcomes[budget], err
}
