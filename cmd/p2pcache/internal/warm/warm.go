// Package warm asks a cache for keys before its users do, and remembers how far it came.
package warm

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"golang.org/x/time/rate"
)

// ErrAbsent is what Get returns for a key that there is not: counted, and no failure.
var ErrAbsent = errors.New("no such key")

// maxKeyBytes bounds one key of the list: more than any group takes.
const maxKeyBytes = 1 << 20

// Config says what is asked for and how fast.
type Config struct {
	Get     func(ctx context.Context, key string) error // safe for concurrent use
	Keys    io.Reader                                   // a key on each line
	Null    bool                                        // a zero byte ends each key, and not a line's end
	Skip    int64                                       // keys at the beginning that were done before
	Callers int                                         // at least 1
	Rate    float64                                     // keys a second; 0: as fast as they are answered
}

// Progress counts what was done. It is safe for concurrent use while Run runs.
type Progress struct {
	Done   atomic.Int64 // keys that were answered, found or not
	Absent atomic.Int64 // of them, those that there are not
	Failed atomic.Int64 // keys that were not answered
	Bytes  atomic.Int64 // of the list, read so far

	mark mark
}

// Resume is how many keys of the list need not be asked for again: all up to the first one that failed or was not asked for.
func (p *Progress) Resume() int64 { return p.mark.upTo() }

// Run asks for all keys of the list, in its order, and returns the first failure once all others are done. It ends early
// with ctx.
func Run(ctx context.Context, cfg Config, p *Progress) error {
	p.mark.start(cfg.Skip)
	keys := make(chan numbered)
	var first error
	var once sync.Once
	var callers sync.WaitGroup
	for range cfg.Callers {
		callers.Go(func() {
			for k := range keys {
				if err := p.get(ctx, cfg, k); err != nil {
					once.Do(func() { first = err })
				}
			}
		})
	}
	err := send(ctx, cfg, keys, p)
	close(keys)
	callers.Wait()
	if err == nil {
		err = first
	}
	return err
}

// numbered is a key and its place in the list, from 0.
type numbered struct {
	key    string
	number int64
}

func (p *Progress) get(ctx context.Context, cfg Config, k numbered) error {
	err := cfg.Get(ctx, k.key)
	switch {
	case errors.Is(err, ErrAbsent):
		p.Absent.Add(1)
	case err != nil:
		if ctx.Err() == nil {
			p.Failed.Add(1)
		}
		return fmt.Errorf("key %.80q: %w", k.key, err)
	}
	p.Done.Add(1)
	p.mark.done(k.number)
	return nil
}

// send reads the list and sends its keys, as fast as they may be asked for.
func send(ctx context.Context, cfg Config, to chan<- numbered, p *Progress) error {
	limit := rate.NewLimiter(rate.Inf, 0)
	if cfg.Rate > 0 {
		limit = rate.NewLimiter(rate.Limit(cfg.Rate), 1)
	}
	list := bufio.NewScanner(cfg.Keys)
	list.Buffer(make([]byte, 0, 64<<10), maxKeyBytes)
	list.Split(p.counting(splitter(cfg.Null)))
	for number := int64(0); list.Scan(); number++ {
		if number < cfg.Skip {
			continue
		}
		if err := limit.Wait(ctx); err != nil {
			return err
		}
		select {
		case to <- numbered{list.Text(), number}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if err := list.Err(); err != nil {
		return fmt.Errorf("read the list: %w", err)
	}
	return nil
}

func splitter(null bool) bufio.SplitFunc {
	if !null {
		return bufio.ScanLines
	}
	return func(data []byte, atEnd bool) (advance int, token []byte, err error) {
		for i, b := range data {
			if b == 0 {
				return i + 1, data[:i], nil
			}
		}
		if atEnd && len(data) > 0 {
			return len(data), data, nil
		}
		return 0, nil, nil
	}
}

// counting counts what split reads.
func (p *Progress) counting(split bufio.SplitFunc) bufio.SplitFunc {
	return func(data []byte, atEnd bool) (int, []byte, error) {
		advance, token, err := split(data, atEnd)
		p.Bytes.Add(int64(advance))
		return advance, token, err
	}
}
