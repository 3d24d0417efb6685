package lru

// A queue is a list of nodes, the newest at its front, that knows how many there
// are and what they cost. The zero value is not ready for use: see init.
type queue struct {
	root    node // root.next is the front, root.prev the back
	entries int
	bytes   int64
}

func (q *queue) init() {
	*q = queue{}
	q.root.next, q.root.prev = &q.root, &q.root
}

// back returns the oldest node of a queue that is not empty.
func (q *queue) back() *node { return q.root.prev }

func (q *queue) pushFront(n *node) {
	n.prev, n.next = &q.root, q.root.next
	n.prev.next, n.next.prev = n, n
	q.entries++
	q.bytes += n.cost()
}

func (q *queue) remove(n *node) {
	n.prev.next, n.next.prev = n.next, n.prev
	n.prev, n.next = nil, nil
	q.entries--
	q.bytes -= n.cost()
}
