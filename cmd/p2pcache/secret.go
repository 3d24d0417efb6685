package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

// maxSecretBytes bounds what is read as a secret: a file that is larger is another one, named by mistake.
const maxSecretBytes = 64 << 10

// secret is what a file holds, without the white space around it.
type secret struct {
	bytes  []byte
	shared bool // other users of the machine can read the file
}

// readSecret reads path; without one, there is no secret.
func readSecret(path string) (secret, error) {
	if path == "" {
		return secret{}, nil
	}
	s, err := readSecretFile(path)
	if err != nil {
		return secret{}, usagef("--secret-file %s: %w", path, err)
	}
	return s, nil
}

// readToken reads the file that a flag names; without one, there is no token.
func readToken(place, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	token, err := readSecretFile(path)
	if err != nil {
		return "", usagef("%s %s: %w", place, path, err)
	}
	return string(token.bytes), nil
}

func readSecretFile(path string) (secret, error) {
	file, err := os.Open(path)
	if err != nil {
		return secret{}, errors.Unwrap(err) // the caller names the path
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return secret{}, err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxSecretBytes+1))
	switch text = bytes.TrimSpace(text); {
	case err != nil:
		return secret{}, err
	case len(text) > maxSecretBytes:
		return secret{}, fmt.Errorf("over %d bytes: want a short text that all members share", maxSecretBytes)
	case len(text) == 0:
		return secret{}, errors.New("empty: want a text that all members share, such as from: openssl rand -hex 32")
	}
	// Windows has other permissions than these bits.
	return secret{bytes: text, shared: info.Mode().Perm()&0o004 != 0 && runtime.GOOS != "windows"}, nil
}
