package timeline

import (
	"slices"
	"time"
)

// Summary is what came of some Gets. Its times are those of the Gets that were served.
type Summary struct {
	Gets    int           `json:"gets"`
	Errors  int           `json:"errors"`
	Wrong   int           `json:"wrong"`
	Lost    int           `json:"lost"`
	P50     time.Duration `json:"p50"`
	P99     time.Duration `json:"p99"`
	Longest time.Duration `json:"longest"`
}

// Summarize sums up Gets.
func Summarize(gets []Get) Summary {
	s := Summary{Gets: len(gets)}
	times := make([]time.Duration, 0, len(gets))
	for _, g := range gets {
		switch g.Outcome {
		case Served:
			times = append(times, g.Took)
		case Wrong:
			s.Wrong++
		case Failed:
			s.Errors++
		case Lost:
			s.Lost++
		}
	}
	slices.Sort(times)
	s.P50, s.P99, s.Longest = quantile(times, 0.5), quantile(times, 0.99), quantile(times, 1)
	return s
}

// quantile returns the value that the part q of sorted times do not exceed; 0 if there are none.
func quantile(times []time.Duration, q float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	return times[min(int(q*float64(len(times))), len(times)-1)]
}
