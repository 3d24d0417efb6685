package node_test

import (
	"strconv"
	"testing"

	"github.com/p2pcache/p2pcache/node"
)

// FuzzFlightTable does to a table of flights what bytes say, and to a map as well. Few hashes are shared by many keys.
func FuzzFlightTable(f *testing.F) {
	f.Add([]byte{1, 2, 3, 1 | 64, 2 | 128, 255, 7})
	many := make([]byte, 0, 256)
	for i := range 64 {
		many = append(many, byte(i))
	}
	f.Add(many)
	f.Fuzz(func(t *testing.T, steps []byte) {
		var table node.FlightTable
		model := make(map[string]int)
		last := make(map[string]int)
		for _, step := range steps {
			key := strconv.Itoa(int(step & 63))
			hash := uint64(step&63) % 40 << 6
			switch step >> 6 {
			case 0, 1:
				model[key] = table.Put(hash, key)
				last[key] = model[key]
			case 2:
				if got, want := table.Remove(last[key]), model[key] != 0; got != want {
					t.Fatalf("the flight of %s was removed: %v, want %v", key, got, want)
				}
				delete(model, key)
			default:
				if step == 255 {
					table.Clear()
					clear(model)
				}
			}
			if got := table.Find(hash, key); got != model[key] {
				t.Fatalf("%s has flight %d, want %d", key, got, model[key])
			}
			if table.Len() != len(model) {
				t.Fatalf("%d flights, want %d", table.Len(), len(model))
			}
		}
	})
}
