package sample

// Interleave calls each of n contenders once in every round, so that what slows the machine down for a while slows all of them
// down. Each round begins with the next contender, so that none always follows the same one.
func Interleave(rounds, n int, measure func(contender int) error) error {
	for round := range rounds {
		for i := range n {
			if err := measure((round + i) % n); err != nil {
				return err
			}
		}
	}
	return nil
}
