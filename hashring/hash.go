package hashring

import "github.com/cespare/xxhash/v2"

// Namespace hashes the keys of one group. It holds the hash of the group's
// name, so that a lookup hashes no more than the key.
type Namespace struct{ seed uint64 }

// NewNamespace returns the namespace of the group called name.
func NewNamespace(name string) Namespace {
	// Without mix, a group and a key could change places and hash alike.
	return Namespace{seed: mix(xxhash.Sum64String(name) + increment)}
}

// Hash returns the hash of key in the namespace. It allocates nothing.
//
// The hash is the key's xxhash64, combined with the namespace and mixed once
// more, so that one key lies at unrelated positions in different groups, and
// group and key are never run together: ("ab", "c") and ("a", "bc") differ, and
// ("a", "b") and ("b", "a"). All 64 bits are equally good; a ring reads the
// upper 32.
func (n Namespace) Hash(key string) uint64 {
	return mix(xxhash.Sum64String(key) ^ n.seed)
}

// Hash returns the hash of a group's key, NewNamespace(group).Hash(key).
func Hash(group, key string) uint64 {
	return NewNamespace(group).Hash(key)
}

// increment and mix are the state's step and the output function of SplitMix64
// (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
// OOPSLA 2014). mix is a bijection, so it brings no collision of its own.
const increment = 0x9e3779b97f4a7c15

func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
