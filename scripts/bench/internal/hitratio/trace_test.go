package hitratio

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestTracesAreReadPlainAndCompressed(t *testing.T) {
	text := []byte("7\n18446744073709551616\n7\n")
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(text)
	w.Close()
	for name, content := range map[string][]byte{"plain": text, "packed.gz": packed.Bytes()} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		tr, err := readTrace(file)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(tr.accesses, []uint32{0, 1, 0}) || tr.keys[1] != "18446744073709551616" {
			t.Errorf("%s: read %+v", name, tr)
		}
	}
}

func FuzzParseTrace(f *testing.F) {
	f.Add([]byte("1\n2\n1"))
	f.Add([]byte("a\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		tr, err := parseTrace("fuzz", bytes.NewReader(text))
		if err == nil && len(tr.keys) == 0 {
			t.Error("a trace without keys is no error")
		}
	})
}
