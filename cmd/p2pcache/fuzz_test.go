package main_test

import (
	"os"
	"path/filepath"
	"testing"

	p2pcache "github.com/p2pcache/p2pcache/cmd/p2pcache"
)

// FuzzConfigFile: whatever a file holds, it is good, or refused with a reason.
func FuzzConfigFile(f *testing.F) {
	f.Add(goodFile)
	f.Add("groups: &a {b: *a}\n")
	f.Add("groups: {a: {size: 1MiB, origin: {url: x, headers: {1: 2}}}}\norigin: {url: http://h/{key}}\n")
	f.Add("group: [a=1, b=2]\njoin: x,y\n<<: {}\n? {}\n: 1\n")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, "conf.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := p2pcache.Resolve("--config", path)
		if err != nil && err.Error() == "" {
			t.Error("refused without a reason")
		}
	})
}
