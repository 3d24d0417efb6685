package worker

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/load"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/peer"
)

// Load is a load that a worker puts on its own peer: Gets of made-up keys, some of which come much more often.
type Load struct {
	Callers int           `json:"callers"`
	Span    time.Duration `json:"span"`
	Length  int           `json:"length"` // of values
	Keys    int           `json:"keys"`
	Skew    float64       `json:"skew"` // of Zipf's law; above 1
	Seed    uint64        `json:"seed"`
}

func (l Load) run(p peer.Peer) load.Result {
	keys := make([]string, l.Keys)
	for i := range keys {
		keys[i] = Key(l.Length, i)
	}
	return load.Run(context.Background(), load.Plan{
		Callers: l.Callers, Span: l.Span,
		Caller: func(caller int) func(context.Context) error {
			draw := rand.NewZipf(rand.New(rand.NewPCG(l.Seed, uint64(caller))), l.Skew, 1, uint64(l.Keys-1))
			return func(ctx context.Context) error {
				_, err := p.Get(ctx, keys[draw.Uint64()])
				return err
			}
		},
	})
}

// Herd is callers that all get one key at once.
type Herd struct {
	Key     string `json:"key"`
	Callers int    `json:"callers"`
}

func (h Herd) run(ctx context.Context, p peer.Peer) load.Result {
	return load.Once(ctx, h.Callers, func(ctx context.Context) error {
		_, err := p.Get(ctx, h.Key)
		return err
	})
}
