package node

import (
	"context"
	"errors"
	"fmt"
)

// GetMany gets many keys at once. It returns the values that were found, by key, and the errors of the others joined; a key
// that is not found is absent, and no error.
func (g *Group) GetMany(ctx context.Context, keys []string) (map[string]Value, error) {
	values, errs := make([]Value, len(keys)), make([]error, len(keys))
	inParallel(len(keys), func(i int) { values[i], errs[i] = g.Get(ctx, keys[i]) })
	found := make(map[string]Value, len(keys))
	for i, key := range keys {
		switch {
		case errs[i] == nil:
			found[key] = values[i]
		case errors.Is(errs[i], ErrNotFound):
			errs[i] = nil
		default:
			errs[i] = fmt.Errorf("key %q: %w", key, errs[i])
		}
	}
	return found, errors.Join(errs...)
}
