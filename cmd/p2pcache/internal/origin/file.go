package origin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/p2pcache/p2pcache/node"
)

// files is a directory that holds a file for each key, or one such directory for each group.
type files struct {
	dir string // may hold placeholders of the group
}

func parseFile(dir string) (Origin, error) {
	if dir == "" {
		return nil, errors.New("no directory: want file:DIR, such as file:/srv/values or file:/srv/{group}")
	}
	if strings.Contains(dir, keyPlaceholder) {
		return nil, fmt.Errorf("%s in a directory: write file:DIR alone, each key is a file in it", keyPlaceholder)
	}
	return files{dir}, nil
}

// Loader opens the group's directory, which stays open until nobody has the Loader any more: keys are looked up inside it and
// nowhere else, even if it is renamed.
func (f files) Loader(group string, maxValueBytes int) (node.Loader, error) {
	if strings.Contains(f.dir, groupPlaceholder) && !isName(group) {
		return nil, fmt.Errorf("group %q cannot be a directory's name", group)
	}
	root, err := os.OpenRoot(strings.ReplaceAll(f.dir, groupPlaceholder, group))
	if err != nil {
		return nil, err
	}
	return func(_ context.Context, key string) (node.Value, error) {
		return readFile(root, key, maxValueBytes)
	}, nil
}

// readFile returns what the file named key holds. A name that is not in its shortest form is not found, so that no two
// keys are one file.
func readFile(root *os.Root, key string, maxValueBytes int) (node.Value, error) {
	name := filepath.FromSlash(key)
	if !filepath.IsLocal(name) || filepath.Clean(name) != name || strings.ContainsRune(name, 0) {
		return node.Value{}, node.ErrNotFound
	}
	// Looked at before it is opened: opening a named pipe would wait for its writer.
	if info, err := root.Stat(name); err != nil {
		return node.Value{}, fileError(err)
	} else if !info.Mode().IsRegular() {
		return node.Value{}, node.ErrNotFound
	}
	file, err := root.Open(name)
	if err != nil {
		return node.Value{}, fileError(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return node.Value{}, err
	}
	data, err := readBounded(file, info.Size(), maxValueBytes)
	return node.Value{Data: data}, err
}

// fileError returns node.ErrNotFound where no file of that name can exist, and err otherwise.
func fileError(err error) error {
	for _, absent := range []error{fs.ErrNotExist, syscall.ENOTDIR, syscall.ENAMETOOLONG} {
		if errors.Is(err, absent) {
			return node.ErrNotFound
		}
	}
	return err
}

// isName reports whether s names an entry of a directory, and not a path.
func isName(s string) bool {
	return filepath.IsLocal(s) && filepath.Base(s) == s && s != "." && !strings.ContainsRune(s, 0)
}
