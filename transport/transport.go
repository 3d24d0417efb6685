package transport

import (
	"context"
	"time"
)

// Prefix is the path under which the protocol is spoken.
const Prefix = "/_gocache/"

// Op is what a Request asks for.
type Op uint8

// The operations.
const (
	Get     Op = iota // the value of a key
	Set               // store a value under a key
	Remove            // forget a key
	Purge             // forget all keys of a group
	GetMany           // the values of many keys of a group
)

// Request is one question to one member. Which fields count depends on Op.
type Request struct {
	Op         Op
	Group, Key string

	// Keys are what GetMany asks for, 1 to MaxKeys.
	Keys []string

	// Items are memory for the Items of the reply to a GetMany. If nil, or too short, Do makes new ones.
	Items []Response

	// Value and TTL are what Set stores. A TTL of 0 leaves the life to the group.
	Value []byte
	TTL   time.Duration

	// Peer says that a member asks, not a client: the request is answered by the one that is asked, and never
	// forwarded.
	Peer bool

	// CachedOnly asks Get for what is held already; else NotCached.
	CachedOnly bool

	// Version orders what peers tell each other of a key; 0 where its receiver shall issue one. A Set with a Version is kept
	// only where nothing as new is known of the key; else Superseded. Clients send none.
	Version uint64

	// Trace names the trace that a Get or GetMany is part of, as the field traceparent of W3C Trace Context does; empty: none. One of
	// more than 128 bytes, or with others than those of printable ASCII, is not sent. A Handler finds it in what
	// ServerConfig.RequestContext has made of it.
	Trace string

	// MaxReply bounds the value that a Client accepts, in bytes, or all values of a GetMany together. If zero, 64 MiB. It
	// is not sent; a Server may set it for ServeCached.
	MaxReply int

	// At is the time of the request. A Server sets it; it is the same for requests that came together. A caller of Do that has
	// just read the clock may set it, so that the clock need not be read once more; if zero, now.
	At time.Time

	// Until is a deadline that Do keeps, and tells, in place of that of its ctx; if zero, that counts. ctx's Done counts either way.
	Until time.Time
}

// isWrite reports whether a request changes what members hold.
func (r *Request) isWrite() bool { return r.Op == Set || r.Op == Remove || r.Op == Purge }

// Response is the reply to a Request.
type Response struct {
	Code Code

	// Text says what went wrong, for people, where Code is not OK. It is cut after 4 KiB.
	Text string

	// Value and TTL are what Get found. A TTL of 0 means no expiry; another one is rounded up to milliseconds.
	Value []byte
	TTL   time.Duration

	// Version is that of the value found or, after a write, the one that was issued for it. Clients are not told.
	Version uint64

	// MinuteQPS is the rate at which peers ask for the key, in queries per second over the last moments; 0 where it is
	// not known.
	MinuteQPS float64

	// Hit tells a client that the member that it asked held the value.
	Hit bool

	// Source tells a client where the value came from ("local", "peer", …). Peers do not send it to each other.
	Source string

	// Items are the replies to GetMany, one for each key, in order. Of values that make up more than 16 MiB some are
	// Omitted.
	Items []Response
}

// A CachedHandler is a Handler that can answer some requests at once.
type CachedHandler interface {
	Handler

	// ServeCached answers a Get where that takes no waiting, such as for a value in memory; else false, and Serve is
	// called. It must keep neither r's Key nor its Group, and answers nothing longer than r's MaxReply, if there is one.
	ServeCached(r Request) (Response, bool)
}

// A CachedManyHandler is a CachedHandler that can answer some keys of a GetMany at once.
type CachedManyHandler interface {
	CachedHandler

	// ServeManyCached sets the item of each of r's Keys, in order, whose answer takes no waiting, as ServeCached does, and
	// appends the indices of the others to missing, for which Serve is called. It must keep neither the Keys nor the Group.
	ServeManyCached(r Request, items []Response, missing []int) []int
}

// A Handler answers Requests. Its methods are called concurrently.
type Handler interface {
	// Serve answers one request within ctx, which ends with the caller's deadline and its connection.
	Serve(ctx context.Context, r Request) Response

	// MaxValueBytes is the longest value that Set may bring to a group, and whether there is such a group. A longer
	// body is refused before it is read.
	MaxValueBytes(group string) (int, bool)
}
