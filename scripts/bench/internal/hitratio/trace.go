package hitratio

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// trace is the keys that a program asked for, in order.
type trace struct {
	name     string
	keys     []string // distinct, in order of their first use
	accesses []uint32 // indices in keys
}

// gzipMagic is what every gzip file begins with.
var gzipMagic = []byte{0x1f, 0x8b}

// readTrace reads a file of one decimal key per line, which may be compressed by gzip.
func readTrace(file string) (trace, error) {
	f, err := os.Open(file)
	if err != nil {
		return trace{}, err
	}
	defer f.Close()
	name, _, _ := strings.Cut(filepath.Base(file), ".")
	lines := bufio.NewReader(f)
	var in io.Reader = lines
	if magic, err := lines.Peek(len(gzipMagic)); err == nil && bytes.Equal(magic, gzipMagic) {
		if in, err = gzip.NewReader(lines); err != nil {
			return trace{}, fmt.Errorf("%s: %w", file, err)
		}
	}
	t, err := parseTrace(name, in)
	if err != nil {
		return trace{}, fmt.Errorf("%s: %w", file, err)
	}
	return t, nil
}

func parseTrace(name string, in io.Reader) (trace, error) {
	b := newBuilder(name)
	scanner := bufio.NewScanner(in)
	for line := 1; scanner.Scan(); line++ {
		key := bytes.TrimSpace(scanner.Bytes())
		if len(key) == 0 {
			continue
		}
		if i := bytes.IndexFunc(key, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
			return trace{}, fmt.Errorf("line %d: %q is no decimal key", line, key)
		}
		b.access(string(key))
	}
	if err := scanner.Err(); err != nil {
		return trace{}, err
	}
	if len(b.trace.accesses) == 0 {
		return trace{}, io.ErrUnexpectedEOF
	}
	return b.trace, nil
}

// builder numbers keys as they come.
type builder struct {
	trace   trace
	numbers map[string]uint32
}

func newBuilder(name string) *builder {
	return &builder{trace: trace{name: name}, numbers: make(map[string]uint32)}
}

func (b *builder) access(key string) {
	n, ok := b.numbers[key]
	if !ok {
		n = uint32(len(b.trace.keys))
		b.numbers[key] = n
		b.trace.keys = append(b.trace.keys, key)
	}
	b.trace.accesses = append(b.trace.accesses, n)
}
