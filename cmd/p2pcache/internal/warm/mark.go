package warm

import "sync"

// mark knows up to where all of a list is done, though its keys are done in any order.
type mark struct {
	mu    sync.Mutex
	next  int64              // guarded by mu; all before it are done
	ahead map[int64]struct{} // guarded by mu; done, and after it
}

func (m *mark) start(at int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next, m.ahead = at, map[int64]struct{}{}
}

func (m *mark) done(number int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ahead[number] = struct{}{}
	for {
		if _, ok := m.ahead[m.next]; !ok {
			return
		}
		delete(m.ahead, m.next)
		m.next++
	}
}

func (m *mark) upTo() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.next
}
