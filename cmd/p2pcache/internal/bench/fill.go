package bench

import (
	"context"
	"sync"
	"sync/atomic"
)

// Fill stores a value for each key, and counts them in done. It ends at the first failure.
func Fill(ctx context.Context, cfg Config, target Target, done *atomic.Int64) error {
	if err := cfg.Keys.validate(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	value := randomValue(cfg.ValueBytes)
	var next atomic.Int64
	var callers sync.WaitGroup
	for range cfg.Callers {
		callers.Go(func() {
			for i := next.Add(1) - 1; i < int64(cfg.Keys.Count) && ctx.Err() == nil; i = next.Add(1) - 1 {
				if err := target.Put(ctx, cfg.Keys.name(int(i)), value); err != nil {
					cancel(err)
					return
				}
				done.Add(1)
			}
		})
	}
	callers.Wait()
	return context.Cause(ctx)
}
