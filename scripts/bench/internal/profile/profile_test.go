package profile_test

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/profile"
)

func TestAProfileTellsWhoTakesTheTime(t *testing.T) {
	file := filepath.Join(t.TempDir(), "profiles", "hash.pprof")
	p, err := profile.Take(file, func() float64 {
		const times = 8192 // so many that it is sampled, however little of the processor there is at a time
		block := make([]byte, 64<<10)
		for range times {
			sha256.Sum256(block)
		}
		return times
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
	if len(p.Functions) == 0 {
		t.Fatal("nothing was sampled")
	}
	if !strings.Contains(p.Functions[0].Name, "sha256") || p.Parts[0].Name != "the benchmark itself" {
		t.Errorf("%+v; want that the hash takes most, for who calls it", p)
	}
	sum := 0.0
	for _, part := range p.Parts {
		sum += part.Self
	}
	if sum < 0.99*p.Nanos || sum > 1.01*p.Nanos {
		t.Errorf("parts of %v ns in all, want %v", sum, p.Nanos)
	}
	if tables := p.Tables("A hash"); len(tables) != 2 || len(tables[0].Rows) == 0 || !strings.HasPrefix(tables[0].Title, "A hash: ") {
		t.Errorf("tables %+v", tables)
	}
}
