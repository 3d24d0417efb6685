package hitratio

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/caches"
)

// policies are the contenders, this project's store first.
var everyPolicy = []caches.Kind{caches.P2PCache, caches.LRU, caches.S3FIFO, caches.Otter, caches.Theine, caches.Ristretto}

const bound = "Belady"

// strict is this project's store with a budget of which its overhead takes a part.
const strict = "p2pcache, overhead counted"

// policiesNamed are this project's store and those of the others that are named; all if none is.
func policiesNamed(names []string) ([]caches.Kind, error) {
	if len(names) == 0 {
		return everyPolicy, nil
	}
	chosen := []caches.Kind{caches.P2PCache}
	for _, name := range names {
		i := slices.IndexFunc(everyPolicy, func(k caches.Kind) bool { return strings.EqualFold(k.Name, name) })
		if i < 0 {
			return nil, fmt.Errorf("no policy is called %q", name)
		}
		if i > 0 {
			chosen = append(chosen, everyPolicy[i])
		}
	}
	return chosen, nil
}

// figures are the percentages that one trace and size led to.
type figures struct {
	trace trace
	size  size
	hits  map[string]float64 // by policy, and of the bound
	bytes map[string]float64 // by policy, and strict: bytes hit, with values of mixed sizes
}

// compare replays each trace at each size on each policy, several at once.
func compare(policies []caches.Kind, traces []trace, sizes []size) ([]figures, error) {
	var all []figures
	for _, t := range traces {
		for _, s := range sizes {
			all = append(all, figures{trace: t, size: s, hits: map[string]float64{}, bytes: map[string]float64{}})
		}
	}
	for i := range all {
		if err := all[i].fill(policies); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (f *figures) fill(policies []caches.Kind) error {
	equal, mixed := make([]outcome, len(policies)), make([]outcome, len(policies))
	best, budget := 0, f.size.budgetOf(f.trace)
	var counted outcome
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	work.Go(func() error {
		best = belady(f.trace, f.size.entriesOf(f.trace))
		return nil
	})
	work.Go(func() (err error) {
		counted, err = runMixed(caches.P2PCache, budget, f.trace)
		return err
	})
	for i, kind := range policies {
		work.Go(func() (err error) {
			equal[i], err = runEqual(kind, f.trace, f.size.entriesOf(f.trace))
			return err
		})
		work.Go(func() (err error) {
			mixed[i], err = runPayload(kind, budget, f.trace)
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return err
	}
	f.bytes[strict] = counted.bytePercent()
	f.hits[bound] = 100 * float64(best) / float64(len(f.trace.accesses))
	for i, kind := range policies {
		f.hits[kind.Name], f.bytes[kind.Name] = equal[i].hitPercent(), mixed[i].bytePercent()
	}
	return nil
}

func runEqual(kind caches.Kind, t trace, entries int) (outcome, error) {
	if kind.Name == caches.P2PCache.Name {
		return runStore(t, entries)
	}
	return run(kind, caches.Limit{Entries: entries}, t, equalValues(entries), nil)
}
