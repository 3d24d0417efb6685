// Package sample measures contenders beside each other and sums up what came out.
package sample

import "slices"

// Sample is the figures of several runs of one thing.
type Sample []float64

// Median is the middle figure; 0 of none.
func (s Sample) Median() float64 { return s.Quantile(0.5) }

// Min is the least figure; 0 of none.
func (s Sample) Min() float64 { return s.Quantile(0) }

// Max is the greatest figure; 0 of none.
func (s Sample) Max() float64 { return s.Quantile(1) }

// Quantile is the figure below which a share q of all lies, interpolated; 0 of none.
func (s Sample) Quantile(q float64) float64 {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	at := q * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	next := min(i+1, len(sorted)-1)
	return sorted[i] + (at-float64(i))*(sorted[next]-sorted[i])
}

// Mean is the arithmetic mean; 0 of none.
func (s Sample) Mean() float64 {
	sum := 0.0
	for _, v := range s {
		sum += v
	}
	return sum / float64(max(len(s), 1))
}

// Scaled is the sample with each figure times a factor.
func (s Sample) Scaled(factor float64) Sample {
	scaled := make(Sample, len(s))
	for i, v := range s {
		scaled[i] = v * factor
	}
	return scaled
}
