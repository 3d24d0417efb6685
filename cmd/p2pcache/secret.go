package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/p2pcache/p2pcache/node"
)

// maxSecretBytes bounds what is read as a secret: a file that is larger is another one, named by mistake.
const maxSecretBytes = 64 << 10

// shortSecret is the length below which a secret is warned of: what a member signs can be tried against guesses, fast.
const shortSecret = 16

// secrets are what a file holds, one on each line, without the white space around them. The first is used, the others are
// accepted from those who have not changed it yet, or have already.
type secrets struct {
	all    [][]byte
	shared bool // other users of the machine can read the file
}

// use is the one in use; nil without any.
func (s secrets) use() []byte {
	if len(s.all) == 0 {
		return nil
	}
	return s.all[0]
}

// accept are the others.
func (s secrets) accept() [][]byte { return s.all[min(1, len(s.all)):] }

// readSecrets reads path; without one, there are no secrets.
func readSecrets(path string) (secrets, error) {
	if path == "" {
		return secrets{}, nil
	}
	s, err := readSecretFile(path)
	if err == nil && len(s.all) > node.MaxSecrets {
		err = fmt.Errorf("%d lines, each a secret: want %d at most, the one in use first", len(s.all), node.MaxSecrets)
	}
	if err != nil {
		return secrets{}, usagef("--secret-file %s: %w", path, err)
	}
	return s, nil
}

// readToken reads the file that a flag names; without one, there is no token.
func readToken(place, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	token, err := readSecretFile(path)
	if err == nil && len(token.all) > 1 {
		err = fmt.Errorf("%d lines: want one token", len(token.all))
	}
	if err != nil {
		return "", usagef("%s %s: %w", place, path, err)
	}
	return string(token.use()), nil
}

func readSecretFile(path string) (secrets, error) {
	file, err := os.Open(path)
	if err != nil {
		return secrets{}, errors.Unwrap(err) // the caller names the path
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return secrets{}, err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxSecretBytes+1))
	switch text = bytes.TrimSpace(text); {
	case err != nil:
		return secrets{}, err
	case len(text) > maxSecretBytes:
		return secrets{}, fmt.Errorf("over %d bytes: want a short text that all members share", maxSecretBytes)
	case len(text) == 0:
		return secrets{}, errors.New("empty: want a text that all members share, such as from: openssl rand -base64 32")
	}
	// Windows has other permissions than these bits.
	s := secrets{shared: info.Mode().Perm()&0o004 != 0 && runtime.GOOS != "windows"}
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			s.all = append(s.all, line)
		}
	}
	return s, nil
}
