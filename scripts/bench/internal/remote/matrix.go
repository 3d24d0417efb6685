package remote

import (
	"context"
	"time"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/load"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
)

// How many values of a length there are: about so many bytes of them, and enough for each caller to have its own.
const (
	valuesBytes = 64 << 20
	leastValues = 256
	mostValues  = 8192
)

// cell is one contender under one number of callers.
type cell struct {
	contender string
	callers   int
}

// matrix are the figures for values of one length.
type matrix struct {
	length int
	cells  map[cell]*samples
}

// measureAll measures the contenders beside each other under each number of callers.
func measureAll(ctx context.Context, all []contender, length int, callers []int, rounds int, span time.Duration) (matrix, error) {
	m := matrix{length: length, cells: make(map[cell]*samples)}
	keys := make([][]string, len(all))
	for i, c := range all {
		var err error
		if keys[i], err = c.fill(ctx, length, min(max(valuesBytes/length, leastValues), mostValues)); err != nil {
			return m, err
		}
	}
	for _, n := range callers {
		err := sample.Interleave(rounds, len(all), func(i int) error {
			plan := load.Plan{Callers: n, Span: span, Caller: getter(all[i], keys[i], length, n)}
			return m.at(all[i].name(), n).measure(ctx, all[i], plan)
		})
		if err != nil {
			return m, err
		}
	}
	return m, nil
}

func (m matrix) at(contender string, callers int) *samples {
	c := cell{contender, callers}
	if m.cells[c] == nil {
		m.cells[c] = &samples{}
	}
	return m.cells[c]
}
