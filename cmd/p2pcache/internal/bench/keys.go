// Package bench measures how fast a cache answers: callers ask for keys, popular ones often, and each answer's time is counted.
package bench

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"strconv"
)

// MaxKeys bounds Keys.Count: the table of their popularity takes 8 bytes a key.
const MaxKeys = 50_000_000

// Keys says which keys are asked for and how often each.
type Keys struct {
	Prefix string
	Count  int // prefix0 to prefix(Count-1); at least 1, at most MaxKeys

	// Zipf is the exponent of the keys' popularity: the key at rank r is asked for in proportion to 1/r^Zipf. 0 asks for all
	// alike.
	Zipf float64
}

// popularity is the cumulative distribution of the ranks; nil where all are alike.
type popularity []float64

func (k Keys) popularity() popularity {
	if k.Zipf == 0 {
		return nil
	}
	p, sum := make(popularity, k.Count), 0.0
	for i := range p {
		sum += math.Pow(float64(i+1), -k.Zipf)
		p[i] = sum
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// picker picks keys for one caller.
type picker struct {
	keys Keys
	p    popularity
	rand *rand.Rand
}

func (k picker) next() string {
	if k.p == nil {
		return k.keys.name(k.rand.IntN(k.keys.Count))
	}
	u := k.rand.Float64()
	return k.keys.name(min(sort.SearchFloat64s(k.p, u), k.keys.Count-1))
}

func (k Keys) name(i int) string { return k.Prefix + strconv.Itoa(i) }

func (k Keys) validate() error {
	switch {
	case k.Count < 1 || k.Count > MaxKeys:
		return fmt.Errorf("%d keys: want 1 to %d", k.Count, MaxKeys)
	case k.Zipf < 0 || math.IsNaN(k.Zipf) || math.IsInf(k.Zipf, 0):
		return fmt.Errorf("zipf %v: want 0 or more", k.Zipf)
	}
	return nil
}
