package hashring_test

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/cespare/xxhash/v2"

	"github.com/p2pcache/p2pcache/hashring"
)

var update = flag.Bool("update", false, "write testdata instead of comparing with it")

// TestGoldenOwners pins hashes, points and owners for all versions to come. If
// it fails, a cluster in the middle of an upgrade would load keys twice: mend
// the code, not the file.
func TestGoldenOwners(t *testing.T) {
	const path = "testdata/owners.golden"
	got := golden()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	if len(gotLines) != len(wantLines) {
		t.Fatalf("%d lines, %s has %d", len(gotLines), path, len(wantLines))
	}
	for i := range gotLines {
		if !bytes.Equal(gotLines[i], wantLines[i]) {
			t.Errorf("%s:%d: got\n%s\nwant\n%s", path, i+1, gotLines[i], wantLines[i])
		}
	}
}

func golden() []byte {
	var out bytes.Buffer
	keys := goldenKeys()
	fmt.Fprintln(&out, "# hash of (group, key)")
	for i, key := range keys {
		fmt.Fprintf(&out, "%016x %q %q\n", hashring.Hash(goldenGroup(i), key), goldenGroup(i), key)
	}
	fmt.Fprintln(&out, "# member, weight: its first points and a hash of all")
	for _, m := range goldenRings()[1].members {
		writePoints(&out, m)
	}
	for _, ring := range goldenRings() {
		r := hashring.New(ring.members...)
		fmt.Fprintf(&out, "# %s: fingerprint %d, survey %016x; owners, first and second\n",
			ring.name, r.Fingerprint(), survey(r))
		for i, key := range keys {
			owners := r.Owners(nil, hashring.Hash(goldenGroup(i), key), 2)
			fmt.Fprintf(&out, "%q %q\n", key, names(r, owners))
		}
	}
	return out.Bytes()
}

// goldenGroup returns the group of the i-th key.
func goldenGroup(i int) string { return []string{"scores", "users", ""}[i%3] }

func goldenKeys() []string {
	keys := []string{"", "Tom", "Jack", "Sam", "a/b", "../x", "\x00", "\xff\xfe", "käse", "naïve key+%20"}
	for i := range 100 {
		keys = append(keys, sequentialKey(i))
	}
	for i := range 90 {
		keys = append(keys, fmt.Sprintf("%x", splitMix(uint64(i))))
	}
	return keys
}

type namedRing struct {
	name    string
	members []hashring.Member
}

func goldenRings() []namedRing {
	return []namedRing{
		{"three members", numbered("node-%d", 3)},
		{"weights and odd names", []hashring.Member{
			{Name: "a"}, {Name: "b", Weight: 2}, {Name: "c", Weight: 100}, {Name: "", Weight: 7},
			{Name: "käse\x00\xff", Weight: 30}, {Name: "10.0.0.1:7946", Weight: 50},
		}},
		{"a hundred members", numbered("cache-%d.example", 100)},
		{"a thousand members", numbered("node-%d", 1000)},
		{"members in zones", inZones(numbered("node-%d", 50), "eu-1", "eu-2", "us", "")},
	}
}

func writePoints(out *bytes.Buffer, m hashring.Member) {
	positions := hashring.Positions(m)
	fmt.Fprintf(out, "%q %d: %08x %d %016x\n", m.Name, m.Weight, positions[:4], len(positions), hashOf(positions))
}

// survey returns a hash of the owners of 65,536 positions around the circle.
func survey(r *hashring.Ring) uint64 {
	var owners []uint32
	for i := range uint64(1 << 16) {
		owners = append(owners, uint32(r.Owner(i<<48)))
	}
	return hashOf(owners)
}

func hashOf(numbers []uint32) uint64 {
	var encoded []byte
	for _, n := range numbers {
		encoded = binary.BigEndian.AppendUint32(encoded, n)
	}
	return xxhash.Sum64(encoded)
}
