package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of a client's connections to one member.
const (
	dialTimeout     = time.Second
	keepAlivePeriod = 15 * time.Second
	maxReplyHeader  = 64 << 10
)

// ErrClosed is returned by Do once the Client is closed.
var ErrClosed = errors.New("transport: client closed")

// ClientConfig says how a member is reached. Addr is required.
type ClientConfig struct {
	Addr string      // host:port
	TLS  *tls.Config // If nil, plain HTTP, unless TLSNow is set.
	Key  []byte      // what both sides prove that they know, and requests are signed with. If empty, they do not.

	// TLSNow returns what TLS is at the time of a new connection, as certificates change. If nil, TLS.
	TLSNow func() *tls.Config

	// Token is what an outside client shows. If empty, none.
	Token string

	// Dial opens a connection to a host:port. If nil, over TCP.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	// Plain sends every request as plain HTTP. If false, requests go as frames to members that speak them.
	Plain bool

	// GroupcacheCompat takes what golang/groupcache's servers reply to a Get for a member's reply. If false, only what
	// members reply.
	GroupcacheCompat bool
}

// Client carries requests to one member over connections that it keeps. It is safe for concurrent use.
type Client struct {
	base      url.URL
	tls       func() *tls.Config // for a new connection; nil: none
	token     string
	dialPlain func(ctx context.Context, network, addr string) (net.Conn, error)
	plain     *plain
	signer    *signer
	compat    bool
	sessions  sessions
	ctx       context.Context // of all requests and connections
	close     context.CancelCauseFunc
}

// NewClient returns a Client, which connects when it is first used.
func NewClient(cfg ClientConfig) *Client {
	c := &Client{base: url.URL{Scheme: "http", Host: cfg.Addr}, token: cfg.Token, compat: cfg.GroupcacheCompat}
	if c.dialPlain = cfg.Dial; c.dialPlain == nil {
		c.dialPlain = (&net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlivePeriod}).DialContext
	}
	if c.tls = clientTLS(cfg, c.base.Hostname()); c.tls != nil {
		c.base.Scheme = "https"
	}
	c.signer = newSigner(newKeyring(cfg.Key))
	c.ctx, c.close = context.WithCancelCause(context.Background())
	c.plain = newPlain(c)
	c.sessions.never = cfg.Plain
	return c
}

// SetKeys replaces the keys while requests are under way: use signs, and the member may prove itself with use or one of
// accept. With an empty use, requests are not signed.
func (c *Client) SetKeys(use []byte, accept ...[]byte) {
	c.signer.keyring.set(use, accept)
	c.sessions.renew(c.signer.keyring.keys.Load())
}

// Close ends the connections and what is under way on them. Any number of calls do what one does.
func (c *Client) Close() { c.sessions.end(c.close) }

// Do sends r and returns the reply. It keeps ctx's deadline, or r.Until, to a quarter of a second, also where ctx's Done does not tell
// it. An error says that no reply came: nobody knows whether a Set, Remove or Purge was carried out, or whether it was
// twice. It is the cause of ctx's end, ErrClosed, or the network's. A member that gives no sign of life while it is waited
// for costs two seconds at most, and nothing for the two seconds after that; one that is slow may take as long as ctx
// allows.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	if r.Op > GetMany {
		return Response{}, fmt.Errorf("transport: %w: %d", errNoOp, r.Op)
	}
	if ended(ctx) {
		return Response{}, context.Cause(ctx)
	}
	s := c.sessions.current.Load()
	if s != nil && s.usable() && len(r.Group)+len(r.Key) <= maxHead {
		resp, err := s.do(ctx, &r)
		if err == nil || !s.lost(ctx) {
			return resp, err
		}
	}
	return c.doAnew(ctx, r)
}

// doAnew sends r over a new session, or as plain HTTP.
func (c *Client) doAnew(ctx context.Context, r Request) (Response, error) {
	r.At = time.Time{} // it was, by the time there is a session
	if !r.Until.IsZero() {
		ctx = &until{ctx, r.Until}
	}
	if err := c.reachable(); err != nil {
		return Response{}, err
	}
	if len(r.Group)+len(r.Key) > maxHead {
		return c.plain.do(ctx, r)
	}
	resp, again, err := c.doNext(ctx, &r)
	for tries := 1; again && tries < maxLeft; tries++ {
		resp, again, err = c.doNext(ctx, &r)
	}
	return resp, err
}

// maxLeft is how many sessions in a row may be left, as their keys have changed meanwhile, before a request has an answer.
const maxLeft = 4

// doNext sends r over the next session. It reports whether that was left before there was an answer, so that another one may have it.
func (c *Client) doNext(ctx context.Context, r *Request) (resp Response, left bool, err error) {
	s, err := c.session(ctx)
	switch {
	case errors.Is(err, errNoUpgrade):
		resp, err = c.plain.do(ctx, *r)
		return resp, false, err
	case err != nil:
		return Response{}, false, err
	}
	resp, err = s.do(ctx, r)
	if errors.Is(err, errEnded) {
		err = context.Cause(s.ctx)
	}
	return resp, errors.Is(err, errGoneAway) && ctx.Err() == nil, err
}

// until is a context with another deadline, which its Done does not tell.
type until struct {
	context.Context
	deadline time.Time
}

// Deadline implements context.Context.
func (u *until) Deadline() (time.Time, bool) { return u.deadline, true }

// reachable returns an error where there is no use in asking the member.
func (c *Client) reachable() error {
	switch {
	case c.ctx.Err() != nil:
		return ErrClosed
	case c.plain.watch.givenUp():
		return errSilent
	}
	return nil
}

// signTimeout is how long a member has to give a sign of life.
func (c *Client) signTimeout() time.Duration { return c.plain.watch.limit }

// silent notes that the member gave no sign of life.
func (c *Client) silent() { c.plain.watch.giveUp() }

// sessions are what a Client knows of its sessions: the one that it uses, and how to come by the next.
type sessions struct {
	never   bool // no frames
	current atomic.Pointer[session]

	mu       sync.Mutex
	opening  *opening       // guarded by mu; nil: none is being opened
	refused  time.Time      // guarded by mu; when the member last said that it does not speak frames
	failures int            // guarded by mu; in a row
	again    time.Time      // guarded by mu; when to try again after them
	why      error          // guarded by mu; the last one
	work     sync.WaitGroup // openings and sessions
}
