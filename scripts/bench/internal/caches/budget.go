package caches

import "github.com/p2pcache/p2pcache/lru"

// A search for a budget ends after so many tries, or when it is so close.
const (
	budgetTries = 8
	closeEnough = 0.995
)

// BudgetFor is the largest budget, in bytes, with which this project's store never held more than so much, such as entries, in a
// trial that returns the most that it held. The store is bounded by what it takes, overhead and unused room included, so that what
// it holds follows only from a trial. The search begins at the budget first.
func BudgetFor(most int, first int64, trial func(budget int64) (peak int, err error)) (int64, error) {
	budget, best, bestPeak := first, int64(lru.MinMaxBytes), -1
	low, high := int64(0), int64(0) // budgets that hold too little and too much; 0: not known
	for range budgetTries {
		budget = max(budget, lru.MinMaxBytes)
		peak, err := trial(budget)
		if err != nil {
			return 0, err
		}
		if peak > most {
			high = budget
		} else {
			low = budget
			if peak >= bestPeak {
				best, bestPeak = budget, peak
			}
			if float64(peak) >= closeEnough*float64(most) {
				break
			}
		}
		budget = nextBudget(budget, low, high, float64(most)/float64(max(peak, 1)))
	}
	return best, nil
}

// nextBudget scales a budget by how far it was off, and keeps it between those that are known to be too small and too large.
func nextBudget(budget, low, high int64, factor float64) int64 {
	scaled := int64(float64(budget) * factor)
	if scaled <= low || high > 0 && scaled >= high {
		scaled = (low + high) / 2
	}
	return scaled
}
