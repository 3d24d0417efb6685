package warm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// State is a file that holds how many keys of a list are done.
type State string

// Load returns the number; 0 where there is no file yet.
func (s State) Load() (int64, error) {
	text, err := os.ReadFile(string(s))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("holds %.40q and no number of keys: remove it to begin anew", text)
	}
	return n, nil
}

// Save makes the file hold n. Whoever reads it, even after a crash, finds the old number or the new one.
func (s State) Save(n int64) error {
	file, err := os.CreateTemp(filepath.Dir(string(s)), filepath.Base(string(s))+".*")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, n)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), string(s))
	}
	if err != nil {
		os.Remove(file.Name()) // what it held is of no use
	}
	return err
}

// Remove removes the file: all is done.
func (s State) Remove() error {
	if err := os.Remove(string(s)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
