package transport

import (
	"context"
	"crypto/sha256"
	"io"
	"net"
	"net/http"
	"time"
)

// Limits that tests stand on.
const (
	AuthWindow   = authWindow
	Patience     = patience
	SignTimeout  = signTimeout
	ReadTimeout  = readTimeout
	WriteTimeout = writeTimeout
	MaxTimeout   = maxTimeout
	MaxSessions  = maxSessions
	MaxMissing   = maxMissing
	MaxErrorText = maxErrorText
)

// ParsePath is parsePath.
func ParsePath(escaped string, plus bool) (group, key string, hasKey bool, err error) {
	t, err := parsePath(escaped, plus)
	return t.group, t.key, t.hasKey, err
}

// RequestPath is requestPath.
func RequestPath(r Request) string { return requestPath(r) }

// Life is life.
func Life(h http.Header) (time.Duration, error) { return life(h) }

// Millis is millis.
func Millis(h http.Header, field string) (time.Duration, error) { return millis(h, field) }

// AcceptsProtobuf is acceptsProtobuf.
func AcceptsProtobuf(accept []string) bool { return acceptsProtobuf(accept) }

// ReadBody is readBody.
func ReadBody(body io.Reader, length int64, limit int) ([]byte, error) {
	return readBody(body, length, limit)
}

// ReadReply is readReply.
func ReadReply(reply *http.Response, r Request) (Response, error) { return readReply(reply, r) }

// Signer is a signer.
type Signer struct{ s *signer }

// NewSigner returns a Signer with a session of its own.
func NewSigner(key string) Signer { return Signer{newSigner(newKeyring([]byte(key)))} }

// In gives the Signer a session that is known, and its first number.
func (s Signer) In(session string) Signer {
	s.s.session = session
	return s
}

// Sign signs a request.
func (s Signer) Sign(r *http.Request, body string) { s.s.sign(r, []byte(body)) }

// Verifier is a verifier.
type Verifier struct{ v *verifier }

// NewVerifier returns a Verifier that has seen nothing.
func NewVerifier(key string) Verifier { return Verifier{newVerifier(newKeyring([]byte(key)))} }

// Verify reports why a request may not pass.
func (v Verifier) Verify(r *http.Request, body string) error {
	sig, err := v.v.open(r)
	if err != nil {
		return err
	}
	return v.v.verify(sig, r, sha256.Sum256([]byte(body)))
}

// MaxUnverified bounds the bytes that are not verified yet.
const MaxUnverified = maxUnverified

// AddUnverified counts bytes of strangers.
func (s *Server) AddUnverified(n int64) { s.unverified.bytes.Add(n) }

// ToldDigest is toldDigest, as it is written.
func ToldDigest(h http.Header) (string, bool) {
	sum, ok := toldDigest(h)
	return formatDigest(sum), ok
}

// Missing counts the numbers of all sessions that may still come.
func (v Verifier) Missing() int {
	n := 0
	for _, s := range v.v.seen.recent {
		n += len(s.missing)
	}
	return n
}

// Replays is a memory of writes.
type Replays struct{ p *replays }

// NewReplays returns an empty memory.
func NewReplays() Replays { return Replays{newReplays()} }

// Once notes a write of a session, and fails where it was noted before.
func (p Replays) Once(session string, number uint64) error { return p.p.once(session, number) }

// Len counts the sessions.
func (p Replays) Len() int { return len(p.p.recent) + len(p.p.older) }

// AfterAwake is afterAwake.
func AfterAwake(limit time.Duration, over func()) (stop func()) { return afterAwake(limit, over) }

// AfterAwakeLate is AfterAwake in a process that is not awake at first, and comes to its first step late.
func AfterAwakeLate(limit, late time.Duration, over func()) (stop func()) {
	t := &awakeTimer{step: limit / awakeSteps, over: over, left: awakeSteps}
	t.start(late)
	return t.stop
}

// DialWith has the client connect by dial.
func (c *Client) DialWith(dial func(context.Context, string, string) (net.Conn, error)) {
	c.dialPlain = dial
	c.plain.pool.DialContext = dial
	c.plain.watch.http.DialContext = dial
}

// WaitFor has the client wait so long for a member that may be alive.
func (c *Client) WaitFor(d time.Duration) {
	c.plain.watch.limit = d
	c.plain.pool.TLSHandshakeTimeout, c.plain.watch.http.TLSHandshakeTimeout = d, d
}

// AppendReplies is appendReplies.
func AppendReplies(b []byte, items []Response, peer bool) []byte {
	return appendReplies(b, items, peer)
}

// ParseReplies is parseReplies.
func ParseReplies(b []byte, want int, items ...Response) ([]Response, error) {
	return parseReplies(b, want, items)
}

// The frames, as functions of what they carry.

// AppendRequest is appendRequest with the value.
func AppendRequest(b []byte, id uint64, r Request, timeout time.Duration) []byte {
	value := requestBody(r)
	return append(appendRequest(b, id, &r, timeout, len(value)), value...)
}

// AppendReplyTo is appendReplyTo with the value.
func AppendReplyTo(b []byte, id uint64, resp Response, peer bool) []byte {
	return append(appendReplyTo(b, id, &resp, peer, len(resp.Value)), resp.Value...)
}

// AppendSignal is appendSignal.
func AppendSignal(b []byte, k byte, number uint64) []byte { return appendSignal(b, kind(k), number) }

// AppendProof is appendProof.
func AppendProof(b, proof []byte) []byte { return appendProof(b, proof) }

// ParseRequest reads a message Request, but for keys.
func ParseRequest(b []byte) (r Request, id uint64, timeout time.Duration, err error) {
	var in incoming
	err = in.parse(b)
	r = in.request(time.Time{}, string(in.group), string(in.key))
	r.Value = in.value
	return r, in.id, in.timeout, err
}

// Handshake is what both sides say, and prove a key by.
type Handshake struct{ Host, Session, ClientNonce, ServerNonce string }

func (h Handshake) inner() *handshake {
	return &handshake{h.Host, h.Session, h.ClientNonce, h.ServerNonce}
}

// Request is the request for an upgrade.
func (h Handshake) Request() string { return upgradeRequest(*h.inner(), "") }

// Welcome is the reply to it.
func (h Handshake) Welcome(key string) []byte {
	return welcome(h.inner(), newKeyring([]byte(key)).keys.Load())
}

// ClientProof is a client's proof.
func (h Handshake) ClientProof(key string) []byte { return h.inner().proof([]byte(key), sideClient) }

// ParseGroupcache is parseGroupcache.
func ParseGroupcache(b []byte, now time.Time) (Response, error) { return parseGroupcache(b, now) }
