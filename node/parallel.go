package node

import "sync"

// maxParallel bounds the requests that one call has under way at a time.
const maxParallel = 64

// inParallel calls do with 0 to n-1, some at a time, and waits for all.
func inParallel(n int, do func(i int)) { inParallelUpTo(maxParallel, n, do) }

// inParallelUpTo is inParallel with at most that many at a time.
func inParallelUpTo(most, n int, do func(i int)) {
	switch n {
	case 0:
		return
	case 1:
		do(0)
		return
	}
	var all sync.WaitGroup
	slots := make(chan struct{}, most)
	for i := range n {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	all.Wait()
}
