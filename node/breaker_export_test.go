package node

import "time"

// Breaker is a breaker with its methods exported.
type Breaker struct{ b breaker }

func (b *Breaker) Admits() (ok, probe bool)       { return b.b.admits() }
func (b *Breaker) Succeeded() bool                { return b.b.succeeded() }
func (b *Breaker) Failed(took time.Duration) bool { return b.b.failed(took) }
func (b *Breaker) Probed(grow bool)               { b.b.probed(grow) }

// Tail is a tail with its methods exported.
type Tail struct{ t tail }

func (t *Tail) Observe(took time.Duration) { t.t.observe(took) }
func (t *Tail) HedgeAfter() time.Duration  { return t.t.hedgeAfter() }
func (t *Tail) Hedged(count int64)         { t.t.hedged.Add(count) }
