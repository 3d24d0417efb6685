package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/p2pcache/p2pcache/transport"
)

// GetMany gets many keys at once, with one request to each of their owners. It returns the values that were found, by key, and
// the errors of the others joined; a key that is not found is absent, and no error. Values that came in one reply, of 16 MiB at
// most, share its memory: who keeps one of them for long keeps a Clone.
func (g *Group) GetMany(ctx context.Context, keys []string) (map[string]Value, error) {
	found := make(map[string]Value, len(keys))
	var errs []error
	g.getMany(ctx, keys, func(i int, r *result) {
		switch {
		case r.err == nil:
			found[keys[i]] = r.Value
		case !errors.Is(r.err, ErrNotFound):
			errs = append(errs, fmt.Errorf("key %q: %w", keys[i], r.err))
		}
	})
	return found, errors.Join(errs...)
}

// result is what a Get returns.
type result struct {
	answer
	err error
}

// maxFlights bounds the flights that one GetMany has under way.
const maxFlights = 4 * transport.MaxKeys

// getMany is get for many keys. It calls each with what there is of each key, in order, to be read before each returns.
func (g *Group) getMany(ctx context.Context, keys []string, each func(i int, r *result)) {
	for at := 0; at < len(keys); at += maxFlights {
		l := g.newLookup(keys[at:min(at+maxFlights, len(keys))])
		l.run(ctx)
		for i := range l.results {
			r := &l.results[i]
			if r.err == nil && r.absent {
				r.err = ErrNotFound
			}
			each(at+i, r)
		}
		l.release()
	}
}
