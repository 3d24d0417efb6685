package load

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	// writers share the written keys, so that no key is written twice at once and the order of its versions is known.
	writers = 4
	// unclear is how long a key is not written after a write whose end is not known: it may still be carried out.
	unclear = 12 * time.Second
	// writeTimeout bounds a write.
	writeTimeout = 10 * time.Second
)

func (l *Load) startWriters(ctx context.Context) {
	for w := range writers {
		l.running.Go(func() { l.write(ctx, w) })
	}
}

// write changes keys at the origin and then in the cluster, by removing or by setting them. Those whose number is w, modulo the
// number of writers, are this one's.
func (l *Load) write(ctx context.Context, w int) {
	chance := rand.New(rand.NewPCG(l.cfg.Seed, uint64(2+w)))
	unclearUntil := map[int]time.Time{}
	tick := time.NewTicker(time.Second * writers / time.Duration(l.cfg.Writes))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		i := l.cfg.Counted + chance.IntN(l.cfg.Written)/writers*writers + w
		to, ok := l.pick(chance)
		set := chance.IntN(2) == 0
		if i >= l.cfg.Counted+l.cfg.Written || !ok || time.Now().Before(unclearUntil[i]) {
			continue
		}
		if !l.change(to, i, set) {
			unclearUntil[i] = time.Now().Add(unclear)
		}
	}
}

// change replaces the value of key i and reports whether the cluster has confirmed it. From then on nobody may answer with what
// was before.
func (l *Load) change(to Target, i int, set bool) bool {
	ctx, cancel := context.WithTimeout(to.Alive, writeTimeout)
	defer cancel()
	trusted := l.trusted.Load()
	version := l.cfg.Truth.Change(i)
	method, body := http.MethodDelete, []byte(nil)
	if set {
		method, body = http.MethodPut, l.cfg.Truth.Value(i, version)
	}
	if _, err := l.do(ctx, method, to, i, body); err != nil {
		return false
	}
	if trusted && l.trusted.Load() {
		l.cfg.Truth.Settle(i, version)
	}
	return true
}
