package hitratio

import (
	"github.com/p2pcache/p2pcache/scripts/bench/internal/caches"
)

// heldSamples is how many times it is sampled in a replay how much a cache holds.
const heldSamples = 500

// outcome is what came of a replay.
type outcome struct {
	hits, accesses         int
	hitBytes, accessedByte int64
	peak                   int // most that was held at once, as far as it was sampled
}

func (o outcome) hitPercent() float64  { return 100 * float64(o.hits) / float64(o.accesses) }
func (o outcome) bytePercent() float64 { return 100 * float64(o.hitBytes) / float64(o.accessedByte) }

// sizer tells the length of a key's value, by the key's number.
type sizer func(key uint32) int

// replay gets each key of t, and sets those that are not found. It samples how much is held, unless held is nil.
func replay(c caches.Cache, t trace, size sizer, held func(caches.Cache) int) outcome {
	o := outcome{accesses: len(t.accesses)}
	every := max(len(t.accesses)/heldSamples, 1)
	for i, n := range t.accesses {
		key, length := t.keys[n], size(n)
		o.accessedByte += int64(length)
		if _, ok := c.Get(key); ok {
			o.hits++
			o.hitBytes += int64(length)
		} else {
			c.Set(key, make([]byte, length))
			c.Settle()
		}
		if held != nil && i%every == 0 {
			o.peak = max(o.peak, held(c))
		}
	}
	return o
}

// run makes a cache, replays t on it and closes it.
func run(kind caches.Kind, limit caches.Limit, t trace, size sizer, held func(caches.Cache) int) (outcome, error) {
	c, err := kind.New(limit)
	if err != nil {
		return outcome{}, err
	}
	defer c.Close()
	return replay(c, t, size, held), nil
}
