package caches

import "container/list"

const (
	s3SmallShare = 10 // one part in so many of the limit is the small queue's
	s3MaxUses    = 3
	s3MoveAbove  = 1 // an entry of the small queue that was used more often moves to the main one
)

// S3FIFO is the policy of "FIFO queues are all you need for cache eviction" (SOSP 2023) with the paper's parameters: a small
// queue of a tenth, a main queue, and ghosts for as much as the main queue holds. It is not safe for concurrent use.
var S3FIFO = Kind{"S3-FIFO", newS3FIFO}

type s3fifo struct {
	settled
	limit       Limit
	entries     map[string]*list.Element // of *s3entry, in small or main
	small, main s3queue
	ghosts      s3queue                  // of *s3entry without a value
	ghost       map[string]*list.Element // in ghosts
}

// s3queue is a queue that knows its weight. Entries come in at the front.
type s3queue struct {
	list.List
	weight int64
}

type s3entry struct {
	key    string
	value  []byte
	weight int64
	uses   int
	main   bool
}

func newS3FIFO(limit Limit) (Cache, error) {
	return &s3fifo{limit: limit, entries: make(map[string]*list.Element), ghost: make(map[string]*list.Element)}, nil
}

func (q *s3queue) push(e *s3entry) *list.Element {
	q.weight += e.weight
	return q.PushFront(e)
}

func (q *s3queue) take(at *list.Element) *s3entry {
	e := q.Remove(at).(*s3entry)
	q.weight -= e.weight
	return e
}

func (c *s3fifo) Get(key string) ([]byte, bool) {
	at, ok := c.entries[key]
	if !ok {
		return nil, false
	}
	e := at.Value.(*s3entry)
	e.uses = min(e.uses+1, s3MaxUses)
	return e.value, true
}

func (c *s3fifo) Set(key string, value []byte) {
	c.remove(key)
	e := &s3entry{key: key, value: value, weight: c.limit.weight(key, value)}
	if e.weight > c.limit.total() {
		return
	}
	for c.small.weight+c.main.weight+e.weight > c.limit.total() {
		c.evict()
	}
	if at, ok := c.ghost[key]; ok {
		c.ghosts.take(at)
		delete(c.ghost, key)
		e.main = true
	}
	c.entries[key] = c.queue(e).push(e)
}

func (c *s3fifo) queue(e *s3entry) *s3queue {
	if e.main {
		return &c.main
	}
	return &c.small
}

func (c *s3fifo) remove(key string) {
	if at, ok := c.entries[key]; ok {
		c.queue(at.Value.(*s3entry)).take(at)
		delete(c.entries, key)
	}
}

func (c *s3fifo) evict() {
	if c.small.weight >= max(c.limit.total()/s3SmallShare, 1) || c.main.Len() == 0 {
		c.evictSmall()
		return
	}
	c.evictMain()
}

func (c *s3fifo) evictSmall() {
	e := c.small.take(c.small.Back())
	if e.uses > s3MoveAbove {
		e.uses, e.main = 0, true
		c.entries[e.key] = c.main.push(e)
		return
	}
	delete(c.entries, e.key)
	c.remember(e)
}

func (c *s3fifo) evictMain() {
	e := c.main.take(c.main.Back())
	if e.uses > 0 {
		e.uses--
		c.entries[e.key] = c.main.push(e)
		return
	}
	delete(c.entries, e.key)
}

// remember makes e a ghost.
func (c *s3fifo) remember(e *s3entry) {
	e.value = nil
	c.ghost[e.key] = c.ghosts.push(e)
	for c.ghosts.weight > c.limit.total()-c.limit.total()/s3SmallShare {
		delete(c.ghost, c.ghosts.take(c.ghosts.Back()).key)
	}
}

func (c *s3fifo) Len() int { return len(c.entries) }
