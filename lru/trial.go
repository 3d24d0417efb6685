package lru

// A trial is a small cache without values that goes by some rules, to learn how
// many hits they bring. It holds a state for each key in a table that it shares
// with other trials.
type trial struct {
	rules
	number      int // which state of a key is this trial's
	capacity    int
	small, main ring
	ghosts      ghosts
	counted     int // uses since frequencies were halved
}

// A trialState says where a key is in a trial, how often it was used since the
// trial last looked, and how often before.
type trialState uint8

const (
	inSmall trialState = 1 + iota
	inMain

	whereMask      = 3
	stateUseShift  = 2
	stateFreqShift = stateUseShift + useBits
)

func (s trialState) uses() uint8      { return uint8(s>>stateUseShift) & maxUses }
func (s trialState) frequency() uint8 { return uint8(s >> stateFreqShift) }

func newState(where trialState, uses, frequency uint8) trialState {
	return where | trialState(uses)<<stateUseShift | trialState(min(frequency, maxFrequency))<<stateFreqShift
}

// access looks a key up and adds it where it is missing. It reports a hit.
func (t *trial) access(states *stateTable, key trialKey) bool {
	if s := states.get(key, t.number); s != 0 {
		states.set(key, t.number, newState(s&whereMask, min(s.uses()+1, maxUses), s.frequency()))
		return true
	}
	frequency, recent := t.ghosts.take(key.hash())
	for t.small.n+t.main.n >= t.capacity {
		t.evict(states)
	}
	t.count(states, 1)
	if t.welcomes(frequency, recent) {
		states.set(key, t.number, newState(inMain, 0, frequency+1))
		t.main.push(key)
	} else {
		states.set(key, t.number, newState(inSmall, 0, frequency+1))
		t.small.push(key)
	}
	return false
}

// smallMost is how many keys the small queue may hold.
func (t *trial) smallMost() int { return max(1, int(float64(t.capacity)*t.share)) }

func (t *trial) evict(states *stateTable) {
	if t.small.n >= t.smallMost() || t.main.n == 0 {
		t.evictSmall(states)
		return
	}
	for {
		key := t.main.pop()
		s := states.get(key, t.number)
		if s.uses() == 0 {
			states.set(key, t.number, 0)
			return
		}
		t.count(states, 1)
		states.set(key, t.number, newState(inMain, t.left(s.uses()), s.frequency()+1))
		t.main.push(key)
	}
}

func (t *trial) evictSmall(states *stateTable) {
	key := t.small.pop()
	s := states.get(key, t.number)
	frequency := min(s.frequency()+s.uses(), maxFrequency)
	t.count(states, int(s.uses()))
	var stays bool
	if t.gated {
		stays = t.main.n < t.capacity-t.smallMost() || t.replaceInMain(states, frequency)
	} else {
		stays = t.promotes(s.uses(), frequency)
	}
	if stays {
		states.set(key, t.number, newState(inMain, 0, frequency))
		t.main.push(key)
		return
	}
	states.set(key, t.number, 0)
	t.ghosts.add(key.hash(), frequency)
}

// replaceInMain drops a key from the main queue if a candidate used that often
// takes its place.
func (t *trial) replaceInMain(states *stateTable, frequency uint8) bool {
	if !admits(frequency, 0) && t.main.n > 0 {
		return false
	}
	for range maxVictims {
		if t.main.n == 0 {
			return true
		}
		key := t.main.pop()
		s := states.get(key, t.number)
		t.count(states, int(s.uses()))
		victim := min(s.frequency()+s.uses(), maxFrequency)
		if s.uses() < maxUses && admits(frequency, victim) {
			states.set(key, t.number, 0)
			return true
		}
		states.set(key, t.number, newState(inMain, 0, victim))
		t.main.push(key)
		if s.uses() < maxUses {
			return false
		}
	}
	return false
}

// count counts uses, and halves all frequencies when it is time.
func (t *trial) count(states *stateTable, uses int) {
	if t.counted += uses; t.counted >= agingPeriod*t.capacity {
		t.counted = 0
		t.ghosts.age(len(t.ghosts.buckets))
		states.age(t.number)
	}
}

// A ring is a queue of keys within a bound.
type ring struct {
	keys    []trialKey
	head, n int
}

func (r *ring) push(key trialKey) {
	r.keys[(r.head+r.n)%len(r.keys)] = key
	r.n++
}

func (r *ring) pop() trialKey {
	key := r.keys[r.head]
	r.head = (r.head + 1) % len(r.keys)
	r.n--
	return key
}
