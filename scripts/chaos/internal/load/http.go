package load

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/truth"
)

func (l *Load) fetch(ctx context.Context, from Target, i int) ([]byte, error) {
	return l.do(ctx, http.MethodGet, from, i, nil)
}

// do sends one request about key i. Anything but 200 and 204 is an error.
func (l *Load) do(ctx context.Context, method string, to Target, i int, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, to.Base+truth.Key(i), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPut && l.cfg.Life > 0 {
		req.Header.Set("Cache-Control", fmt.Sprintf("max-age=%d", int(l.cfg.Life.Seconds())))
	}
	reply, err := l.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close()
	value, err := io.ReadAll(reply.Body)
	switch {
	case err != nil:
		return nil, err
	case reply.StatusCode != http.StatusOK && reply.StatusCode != http.StatusNoContent:
		return nil, fmt.Errorf("%s: %s", reply.Status, strings.TrimSpace(string(value)))
	}
	return value, nil
}

// warmers is how many keys are asked for at once while warming.
const warmers = 32

// Warm asks for the keys from one on and before another, each once and in turn of another node, and fails if any of them
// cannot be had. It is not recorded.
func (l *Load) Warm(ctx context.Context, from, to int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	targets := l.Targets()
	next := atomic.Int64{}
	next.Store(int64(from))
	var workers sync.WaitGroup
	for range warmers {
		workers.Go(func() {
			for i := int(next.Add(1) - 1); i < to && ctx.Err() == nil; i = int(next.Add(1) - 1) {
				if _, err := l.ask(ctx, targets[i%len(targets)], i); err != nil {
					cancel(fmt.Errorf("warming: key %s: %w", truth.Key(i), err))
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}
