package lru

// rules decide what is evicted. All of them work on a small queue, which new
// entries join, a main queue, and ghosts.
type rules struct {
	// share is the share of owned entries above which the small queue is evicted
	// from.
	share float64

	// promote is how often an entry must have been used in the small queue to join
	// the main queue at its end.
	promote uint8

	// known is how often an entry must have been used in all, before it was evicted too,
	// to join the main queue after one use in the small one, or at once when it comes back
	// and has a ghost of any age. If zero, neither is enough.
	known uint8

	// gated rules let an entry into the main queue only in place of one that was
	// used less often, whether it was used in the small queue or not, and do not
	// let a ghost in without that.
	gated bool

	// Rules that forget let an entry go round in the main queue once for all its uses,
	// as CLOCK does. Others let it go round once for each.
	forget bool
}

// promotes reports whether an entry that was used so often in the small queue, and so
// often in all, joins the main queue at its end. Rules must not be gated.
func (r *rules) promotes(uses, frequency uint8) bool {
	return uses >= r.promote || uses > 0 && r.knows(frequency)
}

// welcomes reports whether an entry that comes back joins the main queue at once.
func (r *rules) welcomes(frequency uint8, recent bool) bool {
	return !r.gated && (recent || r.knows(frequency))
}

func (r *rules) knows(frequency uint8) bool { return r.known > 0 && frequency >= r.known }

// left is how many uses an entry has after it went round in the main queue.
func (r *rules) left(uses uint8) uint8 {
	if r.forget {
		return 0
	}
	return uses - 1
}

// contenders are the rules that a cache chooses from: none of them is the best
// for every load.
var contenders = [...]rules{
	{share: 0.10, promote: 2, known: 3},     // S3-FIFO, and what frequencies tell: against scans, for most loads
	{share: 0.01, promote: 1, gated: true},  // by frequency: against loops larger than the cache
	{share: 0.90, promote: 1, forget: true}, // where what is popular stops being so at once
	{share: 0.30, promote: 1, forget: true}, // nearly LRU: where what is popular changes
}

// admits reports whether, by gated rules, a candidate used that often takes the
// place of a victim. One use more is no reason: in a loop, each key is used once
// more than the other for half of the time.
func admits(candidate, victim uint8) bool { return candidate > victim+1 }

const (
	// agingPeriod is how many uses are counted for each entry until all
	// frequencies are halved.
	agingPeriod = 40

	// maxVictims is how many victims a candidate is compared with that have been
	// used too often of late to be compared.
	maxVictims = 3
)

const (
	// leastAged is for how many entries at least uses are counted.
	leastAged = 16
)
