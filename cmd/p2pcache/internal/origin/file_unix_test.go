//go:build unix

package origin_test

import (
	"path/filepath"
	"syscall"
	"testing"
)

func TestANamedPipeIsNotWaitedFor(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	v, err := loader(t, "file:"+dir, "g")(t.Context(), "pipe")
	wantNotFound(t, v, err)
}
