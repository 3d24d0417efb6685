package origin

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/node"
)

const (
	// failuresLogged bounds the log lines of an origin's failures, a second and group: one that is down fails every load.
	failuresLogged = 10
	// maxLoggedKey bytes of a key are logged.
	maxLoggedKey = 200
)

// logging is an origin whose failures are logged: clients learn only that it failed.
type logging struct {
	Origin
	log zerolog.Logger
}

// Loader implements Origin.
func (l logging) Loader(group string, maxValueBytes int) (node.Loader, error) {
	load, err := l.Origin.Loader(group, maxValueBytes)
	if load == nil || err != nil {
		return nil, err
	}
	log := l.log.Sample(&zerolog.BurstSampler{Burst: failuresLogged, Period: time.Second})
	return func(ctx context.Context, key string) (node.Value, error) {
		v, err := load(ctx, key)
		if failed(ctx, err) {
			log.Warn().Str("group", group).Str("key", key[:min(len(key), maxLoggedKey)]).Err(err).Msg("the origin failed")
		}
		return v, err
	}, nil
}

// failed reports whether err is for an operator: not that there is no such key, nor that nobody waits for it any more.
func failed(ctx context.Context, err error) bool {
	return err != nil && !errors.Is(err, node.ErrNotFound) && !errors.Is(ctx.Err(), context.Canceled)
}
