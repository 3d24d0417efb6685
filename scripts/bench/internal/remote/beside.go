package remote

import (
	"context"
	"sync"
	"time"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/load"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
)

// Small gets are measured alone and beside a stream of large ones.
const (
	smallLength  = 100
	largeLength  = 1 << 20
	smallCallers = 16
	largeCallers = 2
)

// What the table and a column are called.
const (
	besideTitle = "Small gets (100 B, 16 callers) beside 2 callers that get 1 MiB again and again: 99th percentile in µs"
	besideRatio = "ratio"
)

// beside are the 99th percentiles of small gets, in microseconds, and how many bytes the large ones brought a second.
type beside struct {
	alone, together, ratio sample.Sample
	stream                 sample.Sample
}

func measureBeside(ctx context.Context, all []contender, rounds int, span time.Duration) ([]beside, error) {
	figures := make([]beside, len(all))
	small, large := make([][]string, len(all)), make([][]string, len(all))
	for i, c := range all {
		var err error
		if small[i], err = c.fill(ctx, smallLength, mostValues); err != nil {
			return nil, err
		}
		if large[i], err = c.fill(ctx, largeLength, leastValues); err != nil {
			return nil, err
		}
	}
	err := sample.Interleave(rounds, len(all), func(i int) error {
		c := all[i]
		smallPlan := load.Plan{Callers: smallCallers, Span: span, Caller: getter(c, small[i], smallLength, smallCallers)}
		largePlan := load.Plan{Callers: largeCallers, Span: span, Caller: getter(c, large[i], largeLength, largeCallers)}
		figures[i].add(ctx, smallPlan, largePlan)
		return nil
	})
	return figures, err
}

func (b *beside) add(ctx context.Context, small, large load.Plan) {
	load.Run(ctx, small)
	alone := load.Run(ctx, small)
	var stream load.Result
	var streaming sync.WaitGroup
	streaming.Go(func() { stream = load.Run(ctx, large) })
	together := load.Run(ctx, small)
	streaming.Wait()
	b.alone = append(b.alone, micros(alone.P99))
	b.together = append(b.together, micros(together.P99))
	b.ratio = append(b.ratio, micros(together.P99)/micros(alone.P99))
	b.stream = append(b.stream, stream.Rate()*largeLength/1e6)
}

func besideTable(all []contender, figures []beside) report.Table {
	t := report.Table{
		Title:   besideTitle,
		Columns: []string{"", "alone", "beside", besideRatio, "stream, MB/s"},
	}
	for i, c := range all {
		f := figures[i]
		t.Add(report.Text(c.name()), report.Spread(f.alone), report.Spread(f.together), report.Spread(f.ratio), report.Spread(f.stream))
	}
	return t
}
