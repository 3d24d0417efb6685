// Package ringcost measures what it takes to find a key's owner, how evenly keys spread, and what a change of the members costs.
package ringcost

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/golang/groupcache/consistenthash"

	"github.com/p2pcache/p2pcache/hashring"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
)

// groupcacheReplicas is the default of golang/groupcache's HTTPPool.
const groupcacheReplicas = 50

// ring finds owners.
type ring interface {
	owner(key string) string

	// joined returns the ring that has one member more.
	joined(name string) ring
}

type hashRing struct {
	ring  *hashring.Ring
	space hashring.Namespace
}

func newHashRing(names []string) ring {
	var members []hashring.Member
	for _, name := range names {
		members = append(members, hashring.Member{Name: name})
	}
	return hashRing{hashring.New(members...), hashring.NewNamespace("bench")}
}

func (r hashRing) owner(key string) string {
	return r.ring.Members()[r.ring.Owner(r.space.Hash(key))].Name
}

func (r hashRing) joined(name string) ring {
	r.ring = r.ring.With(hashring.Member{Name: name})
	return r
}

type consistentHash struct {
	names []string
	ring  *consistenthash.Map
}

func newConsistentHash(names []string) ring {
	r := consistentHash{names, consistenthash.New(groupcacheReplicas, nil)}
	r.ring.Add(names...)
	return r
}

func (r consistentHash) owner(key string) string { return r.ring.Get(key) }

// joined does as HTTPPool.Set does: it makes the ring anew.
func (r consistentHash) joined(name string) ring {
	return newConsistentHash(append(r.names[:len(r.names):len(r.names)], name))
}

// contenders are the ways to make a ring, this project's first.
var contenders = []struct {
	name string
	make func(names []string) ring
}{
	{"p2pcache", newHashRing},
	{"groupcache", newConsistentHash},
}

// memberNames are the names of a cluster's members. No two clusters share one.
func memberNames(cluster, count int) []string {
	names := make([]string, count)
	for i := range names {
		names[i] = fmt.Sprintf("http://10.%d.%d.%d:9999", cluster, i/250, i%250+1)
	}
	return names
}

// figures are what one ring of one number of members does.
type figures struct {
	lookup sample.Sample // nanoseconds
	join   sample.Sample // milliseconds

	nameBytes int // of the owners that were found: keeps lookups from being left out

	// Of several clusters, because where points fall is a matter of luck.
	random, sequential sample.Sample // the keys of the member with most of them against the mean
	moved              sample.Sample // keys that a join moves, against the joiner's fair share
	astray             int           // keys that it moved to others than the joiner
}

const (
	lookups = 1 << 20
	joiner  = "http://10.255.0.1:9999"
)

func (f *figures) measure(r ring, keys []string) {
	started := time.Now()
	for i := range lookups {
		f.nameBytes += len(r.owner(keys[i&(len(keys)-1)]))
	}
	f.lookup = append(f.lookup, float64(time.Since(started))/lookups)
	started = time.Now()
	r.joined(joiner)
	f.join = append(f.join, float64(time.Since(started))/float64(time.Millisecond))
}

// spread measures what does not depend on the machine.
func (f *figures) spread(r ring, members int, random, sequential []string) {
	f.random = append(f.random, fullest(r, members, random))
	f.sequential = append(f.sequential, fullest(r, members, sequential))
	after, moved := r.joined(joiner), 0
	for _, key := range random {
		was, is := r.owner(key), after.owner(key)
		if is == joiner {
			moved++
		} else if is != was {
			f.astray++
		}
	}
	f.moved = append(f.moved, float64(moved)*float64(members+1)/float64(len(random)))
}

// fullest is the number of keys that the member with most of them has, against the mean.
func fullest(r ring, members int, keys []string) float64 {
	counts := make(map[string]int)
	most := 0
	for _, key := range keys {
		owner := r.owner(key)
		counts[owner]++
		most = max(most, counts[owner])
	}
	return float64(most) * float64(members) / float64(len(keys))
}

func randomKeys(count int) []string {
	random := rand.New(rand.NewPCG(5, 6))
	keys := make([]string, count)
	for i := range keys {
		keys[i] = fmt.Sprintf("%016x", random.Uint64())
	}
	return keys
}

func sequentialKeys(count int) []string {
	keys := make([]string, count)
	for i := range keys {
		keys[i] = fmt.Sprintf("user:%07d", i)
	}
	return keys
}
