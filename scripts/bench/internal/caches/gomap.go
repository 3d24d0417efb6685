package caches

// GoMap is a bare Go map without a bound, and without a lock: what it takes to find a key at the least. It may be read by many at
// once, when nobody sets any more.
var GoMap = Kind{"Go map", func(Limit) (Cache, error) { return goMap{entries: make(map[string][]byte)}, nil }}

type goMap struct {
	settled
	entries map[string][]byte
}

func (m goMap) Get(key string) ([]byte, bool) {
	value, ok := m.entries[key]
	return value, ok
}

func (m goMap) Set(key string, value []byte) { m.entries[key] = value }
func (m goMap) Len() int                     { return len(m.entries) }
