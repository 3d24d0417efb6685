package lru

import (
	"sync"
	"sync/atomic"
)

const (
	// mostTried is how many keys a trial holds at the most. Trials of a few keys
	// tell which rules are best nearly as well as those of thousands.
	mostTried = 1024

	// leastTried is how many keys a trial must hold to tell anything.
	leastTried = 4

	// trialsShare is the part of the budget that trials may take.
	trialsShare = 1.0 / 48

	// trialsWindow is over how many accesses for each key of a trial hits are
	// counted, and leastWindow over how many in any case; lead is by what part of
	// all accesses in it rules must hit more to take over.
	trialsWindow = 16
	leastWindow  = 2048
	lead         = 0.01

	// statesPerKey is how many words there are in the table of states for each key
	// that one trial holds.
	statesPerKey = 6

	// leastSampled bounds from below of how many values of a key's trialKey one is sampled: so few sampled keys share one.
	leastSampled = 1 << (keyBits - 14)
)

// trials choose the rules of a cache by trying all of them at once, on keys
// sampled by hash, in caches as much smaller as the sample is (Waldspurger et
// al., "Cache modeling and optimization using miniature simulations", USENIX ATC
// 2017). A key that is not sampled costs nothing.
//
// An access that meets another is left out: so trials never make anybody wait.
type trials struct {
	sampled atomic.Uint64 // a key is sampled if its trialKey is less
	chosen  atomic.Int32  // of contenders

	mu     sync.Mutex // guards following; taken after part.mu if both are
	tried  int        // keys of a trial at most; 0 if there are no trials
	states stateTable
	all    [len(contenders)]trial
	hits   [len(contenders)]float64 // of late
}

func (t *trials) init(maxBytes int64) {
	t.tried = int(min(float64(maxBytes)*trialsShare/trialBytes, mostTried))
	if t.tried < leastTried {
		t.tried = 0
	}
	t.reset(allSampled)
}

// trialBytes is what trials take for each key that one of them holds.
const trialBytes = statesPerKey*8 + 4*(2*4+2*ghostsPerEntry)

func (t *trials) cost() int64 { return int64(t.tried) * trialBytes }

// reset empties the trials and sets how many keys are sampled.
func (t *trials) reset(sampled uint64) {
	if t.tried == 0 {
		return
	}
	t.sampled.Store(sampled)
	t.states.words = make([]uint64, t.tried*statesPerKey)
	for i := range t.all {
		t.all[i] = trial{rules: contenders[i], number: i, capacity: t.tried}
		t.all[i].small.keys = make([]trialKey, t.tried)
		t.all[i].main.keys = make([]trialKey, t.tried)
		t.all[i].ghosts.fit(t.tried)
	}
	t.hits = [len(contenders)]float64{}
}

// clear forgets all keys and what was learned.
func (t *trials) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reset(allSampled)
	t.chosen.Store(0)
}

// fit makes the trials as large as the sample is of a cache that can hold that many
// entries.
func (t *trials) fit(entries int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tried == 0 {
		return
	}
	switch capacity := t.capacityFor(entries); {
	case capacity > t.tried && t.sampled.Load() > leastSampled:
		t.sample(t.sampledFor(entries))
	case capacity < t.tried*3/8 && t.sampled.Load() < allSampled:
		t.reset(t.sampledFor(entries))
	}
	capacity := min(max(t.capacityFor(entries), 1), t.tried)
	if isAbout(capacity, t.all[0].capacity) {
		return
	}
	for i := range t.all {
		t.all[i].capacity = capacity
		t.all[i].ghosts.fit(capacity)
	}
}

// capacityFor returns how many keys of the sample a cache can hold that can hold that many entries.
func (t *trials) capacityFor(entries int) int {
	return int(float64(max(entries, 0)) * float64(t.sampled.Load()) / allSampled)
}

// sampledFor returns how many keys to sample of such a cache, so that there is room for an eighth more.
func (t *trials) sampledFor(entries int) uint64 {
	share := float64(t.tried) * 7 / 8 / float64(max(entries, 1))
	return uint64(min(max(share*allSampled, leastSampled), allSampled))
}

// isAbout reports whether a trial may go on with a capacity. One that follows each change of the cache lets a few keys in whenever
// it grows, whatever they are, and soon is full of those.
func isAbout(wanted, capacity int) bool {
	return max(wanted-capacity, capacity-wanted) <= max(1, capacity/16)
}

// sample makes the sample smaller, and drops what is in it no more.
func (t *trials) sample(sampled uint64) {
	t.sampled.Store(sampled)
	for i := range t.all {
		trial := &t.all[i]
		for _, r := range []*ring{&trial.small, &trial.main} {
			for range r.n {
				if key := r.pop(); uint64(key) < sampled {
					r.push(key)
				} else {
					t.states.set(key, i, 0)
				}
			}
		}
	}
}

// access tells the trials that a key was asked for.
func (t *trials) access(hash uint64) {
	if uint64(trialKeyOf(hash)) < t.sampled.Load() {
		t.tell(trialKeyOf(hash))
	}
}

func (t *trials) tell(key trialKey) {
	if !t.mu.TryLock() {
		return
	}
	defer t.mu.Unlock()
	if t.tried == 0 {
		return
	}
	window := float64(max(t.all[0].capacity*trialsWindow, leastWindow))
	best := int(t.chosen.Load())
	least := t.hits[best] + lead*window
	for i := range t.all {
		t.hits[i] -= t.hits[i] / window
		if t.all[i].access(&t.states, key) {
			t.hits[i]++
		}
		if t.hits[i] > least {
			best, least = i, t.hits[i]
		}
	}
	t.chosen.Store(int32(best))
}

// rules returns those that have done best.
func (t *trials) rules() *rules { return &contenders[t.chosen.Load()] }
