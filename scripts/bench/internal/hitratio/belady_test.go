package hitratio

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/caches"
)

func traceOf(t *testing.T, keys string) trace {
	t.Helper()
	tr, err := parseTrace("test", strings.NewReader(strings.ReplaceAll(keys, " ", "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestBeladyKeepsWhatIsUsedAgainFirst(t *testing.T) {
	for _, c := range []struct {
		keys          string
		entries, hits int
	}{
		{"1 1 1", 1, 2},
		{"1 2 1 2", 1, 1},     // the second key is not taken in
		{"1 2 3 1 2 3", 2, 2}, // a loop
		{"1 2 3 4 1 2 5 1 2", 2, 4},
	} {
		if got := belady(traceOf(t, c.keys), c.entries); got != c.hits {
			t.Errorf("%q with %d entries: %d hits, want %d", c.keys, c.entries, got, c.hits)
		}
	}
}

func TestNoPolicyHitsMoreThanTheBound(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	b := newBuilder("random")
	for range 5000 {
		b.access(strconv.Itoa(int(random.ExpFloat64() * 50)))
	}
	const entries = 20
	most := belady(b.trace, entries)
	for _, kind := range everyPolicy {
		o, err := runEqual(kind, b.trace, entries)
		if err != nil {
			t.Fatal(err)
		}
		if o.hits > most || o.hits == 0 {
			t.Errorf("%s: %d hits, want some and at most %d", kind.Name, o.hits, most)
		}
	}
}

func TestS3FIFOWithstandsAScan(t *testing.T) {
	c, err := caches.S3FIFO.New(caches.Limit{Entries: 20})
	if err != nil {
		t.Fatal(err)
	}
	c.Set("kept", nil)
	for range 3 {
		c.Get("kept")
	}
	for i := range 1000 {
		c.Set(strconv.Itoa(i), nil)
	}
	if _, ok := c.Get("kept"); !ok || c.Len() > 20 {
		t.Errorf("a scan evicted what was used, or grew the cache to %d", c.Len())
	}
}
