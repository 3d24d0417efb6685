package origin_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/origin"
	"github.com/p2pcache/p2pcache/node"
)

// write puts a file below dir.
func write(t testing.TB, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestAFileIsAValue(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"Tom": "630\n", "empty": "", "a/b/c": "deep", "...": "dots", "a b": "space", "%2e": "percent", "Zoë": "letters",
		"full": strings.Repeat("x", limit),
	} {
		write(t, dir, name, content)
		v, err := loader(t, "file:"+dir, "g")(t.Context(), name)
		if err != nil || v.String() != content || v.TTL != 0 {
			t.Errorf("%q is %q for %v, error %v; want %q without a life of its own", name, v, v.TTL, err, content)
		}
	}
}

func TestWhatIsNoFileInTheDirectoryIsNotFound(t *testing.T) {
	outer := t.TempDir()
	dir := filepath.Join(outer, "values")
	write(t, dir, "Tom", "630")
	write(t, dir, "sub/Jack", "589")
	write(t, outer, "secret", "no value")
	load := loader(t, "file:"+dir, "g")
	for _, key := range []string{
		"", ".", "..", "/", "./Tom", "Tom/", "Tom/.", "sub", "sub/", "sub//Jack", "sub/../Tom", "../secret", "../values/Tom",
		"/etc/passwd", filepath.Join(outer, "secret"), filepath.Join(dir, "Tom"), "Tom\x00", "\x00", "Tom/x", "nobody",
		strings.Repeat("n", 4096), strings.Repeat("n/", 2048) + "n",
	} {
		v, err := load(t.Context(), key)
		if !errors.Is(err, node.ErrNotFound) || v.Data != nil {
			t.Errorf("key %.40q: got %q and error %v, want not found", key, v.Data, err)
		}
	}
}

func TestALinkOutOfTheDirectoryIsNotFollowed(t *testing.T) {
	outer := t.TempDir()
	dir := filepath.Join(outer, "values")
	write(t, dir, "Tom", "630")
	write(t, outer, "secret", "no value")
	for name, target := range map[string]string{"inside": "Tom", "out": "../secret", "absolute": filepath.Join(outer, "secret")} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	load := loader(t, "file:"+dir, "g")
	if v, err := load(t.Context(), "inside"); err != nil || v.String() != "630" {
		t.Errorf("a link inside the directory gives %q, error %v; want 630", v, err)
	}
	for _, key := range []string{"out", "absolute"} {
		if v, err := load(t.Context(), key); err == nil || v.Data != nil {
			t.Errorf("link %s gives %q, error %v; want an error", key, v, err)
		}
	}
}

func TestAFileOverTheLimitIsTooLarge(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "big", strings.Repeat("x", limit+1))
	v, err := loader(t, "file:"+dir, "g")(t.Context(), "big")
	if !errors.Is(err, node.ErrTooLarge) || v.Data != nil {
		t.Errorf("got %d bytes and error %v, want none and %v", len(v.Data), err, node.ErrTooLarge)
	}
}

func TestGroupsMayHaveDirectoriesOfTheirOwn(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "scores/values/Tom", "630")
	write(t, dir, "ages/values/Tom", "7")
	spec := "file:" + dir + "/{group}/values"
	for group, want := range map[string]string{"scores": "630", "ages": "7"} {
		if v, err := loader(t, spec, group)(t.Context(), "Tom"); err != nil || v.String() != want {
			t.Errorf("Tom of %s is %q, error %v; want %q", group, v, err, want)
		}
	}
}

// FuzzFileKey: whatever the key, a value is that of the file of exactly this name inside the directory.
func FuzzFileKey(f *testing.F) {
	outer := f.TempDir()
	dir := filepath.Join(outer, "values")
	files := map[string]string{"Tom": "630", "sub/Jack": "589", "..sam": "567"}
	for name, content := range files {
		write(f, dir, name, content)
		f.Add(name)
	}
	write(f, outer, "secret", "no value")
	for _, key := range []string{"../secret", "sub/../Tom", "./Tom", "Tom/", "\x00", "/", "sub\\Jack"} {
		f.Add(key)
	}
	load := loader(f, "file:"+dir, "g")
	f.Fuzz(func(t *testing.T, key string) {
		v, err := load(t.Context(), key)
		want, exists := files[key]
		if exists && (err != nil || v.String() != want) {
			t.Errorf("key %q: got %q, error %v; want %q", key, v, err, want)
		}
		if !exists {
			wantNotFound(t, v, err)
		}
	})
}
func TestAGroupThatAFileOriginCannotServeIsRefusedAtTheStart(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "scores/Tom", "630")
	for _, c := range []struct{ spec, group string }{
		{"file:" + dir + "/{group}", ".."},
		{"file:" + dir + "/{group}", "."},
		{"file:" + dir + "/{group}", ""},
		{"file:" + dir + "/{group}", "a/b"},
		{"file:" + dir + "/{group}", "/etc"},
		{"file:" + dir + "/{group}", "absent"},
		{"file:" + dir + "/absent", "g"},
		{"file:" + dir + "/scores/Tom", "g"},
	} {
		from, err := origin.New(origin.Config{Spec: c.spec}, zerolog.Nop())
		if err != nil {
			t.Fatal(err)
		}
		if load, err := from.Loader(c.group, limit); err == nil || load != nil {
			t.Errorf("%s has a loader for group %q, want an error", c.spec, c.group)
		}
	}
}
