package transport

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// maxSessions bounds the signers that are remembered from one span of replaySpan, and so the memory: 16 MiB or so.
	maxSessions = 1 << 16

	// maxMissing bounds the numbers of a session that may still come: four times as many as a Client has connections.
	maxMissing = 4 * maxConns

	// replaySpan is how long a signature can be valid after it was seen: its time may be ahead of this clock.
	replaySpan = 2 * authWindow
)

var errReplay = errors.New("the request was seen before")

// replays remembers which signed writes were seen, in memory that grows with the signers, and not with what they write.
type replays struct {
	mu            sync.Mutex
	recent, older map[string]*written // guarded by mu; the sessions used in this span, and those last used in the one before
	turned        time.Time           // guarded by mu; when recent was begun
}

func newReplays() *replays {
	return &replays{recent: map[string]*written{}, older: map[string]*written{}, turned: time.Now()}
}

// once notes that a session's write of that number was seen, and fails if it was seen before, or may have been.
func (p *replays) once(id string, number uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, err := p.sessionLocked(id)
	if err == nil && !s.once(number) {
		err = errReplay
	}
	return err
}

// sessionLocked finds or begins a session. One that was not used for a span is forgotten: what it signed is no longer valid.
func (p *replays) sessionLocked(id string) (*written, error) {
	if time.Since(p.turned) > replaySpan {
		p.older, p.recent, p.turned = p.recent, map[string]*written{}, time.Now()
	}
	if s, ok := p.recent[id]; ok {
		return s, nil
	}
	if len(p.recent) >= maxSessions {
		return nil, fmt.Errorf("more than %d signers wrote in %v", maxSessions, replaySpan)
	}
	s, ok := p.older[id]
	if !ok {
		s = &written{}
	}
	delete(p.older, id)
	p.recent[strings.Clone(id)] = s // a copy, as id is part of a longer string
	return s, nil
}

// written says which of one signer's numbers were seen. They come nearly in order, as requests overtake each other.
type written struct {
	next    uint64   // one more than the highest number seen
	missing []uint64 // the lower ones that may still come, ascending
}

// once reports whether n was not seen before, and notes that it is now.
func (s *written) once(n uint64) bool {
	if n < s.next {
		i, found := slices.BinarySearch(s.missing, n)
		if found {
			s.missing = slices.Delete(s.missing, i, i+1)
		}
		return found
	}
	for skipped := max(s.next, n-min(n, maxMissing)); skipped < n; skipped++ {
		s.missing = append(s.missing, skipped)
	}
	s.missing = slices.Delete(s.missing, 0, max(0, len(s.missing)-maxMissing))
	s.next = n + 1
	return true
}
