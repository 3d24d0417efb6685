package node

// flightTable holds flights by their keys, one for each. It is chained through the flights themselves, as most are there for no
// longer than a request takes: to come and go must cost next to nothing.
type flightTable struct {
	chains []*flight // a power of two
	count  int
}

// firstChains is how many chains a table has at first. It grows where the flights are more than that.
const firstChains = 16

// chain is where the flights of keys with hash are. The lowest bits have chosen the shard.
func (t *flightTable) chain(hash uint64) **flight {
	return &t.chains[hash/flightShards&uint64(len(t.chains)-1)]
}

// find returns the flight of a key; nil if there is none.
func (t *flightTable) find(hash uint64, key string) *flight {
	if t.count == 0 {
		return nil
	}
	f := *t.chain(hash)
	for f != nil && (f.hash != hash || f.key != key) {
		f = f.next
	}
	return f
}

// put adds a flight, in place of another one of the same key.
func (t *flightTable) put(f *flight) {
	t.removeKey(f.hash, f.key)
	if t.count == len(t.chains) {
		t.grow()
	}
	t.link(f)
	t.count++
}

func (t *flightTable) link(f *flight) {
	first := t.chain(f.hash)
	f.next, *first = *first, f
}

func (t *flightTable) grow() {
	old := t.chains
	t.chains = make([]*flight, max(firstChains, 2*len(old)))
	for _, f := range old {
		for f != nil {
			next := f.next
			t.link(f)
			f = next
		}
	}
}

// remove takes a flight out, and reports whether it was still in.
func (t *flightTable) remove(f *flight) bool {
	if t.count == 0 {
		return false
	}
	for at := t.chain(f.hash); *at != nil; at = &(*at).next {
		if *at == f {
			*at, f.next = f.next, nil
			t.count--
			return true
		}
	}
	return false
}

// removeKey takes out the flight of a key, if there is one.
func (t *flightTable) removeKey(hash uint64, key string) {
	if f := t.find(hash, key); f != nil {
		t.remove(f)
	}
}

// clear takes out all flights.
func (t *flightTable) clear() {
	for _, f := range t.chains {
		for f != nil {
			next := f.next
			f.next = nil
			f = next
		}
	}
	clear(t.chains)
	t.count = 0
}
