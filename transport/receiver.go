package transport

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync/atomic"
)

// A write that is signed for one receiver cannot be replayed at another: each verifier has a name of its own, which members learn
// from its replies, and sign. What an earlier release signs has none.

// errReceiver says that a write is for another verifier: another member, or this one before it was started anew.
var errReceiver = errors.New("the write is signed for another receiver: sign it anew, for the one that this reply names")

// receiver is what a client knows of the name of a member's verifier.
type receiver struct {
	name atomic.Pointer[string] // nil: not known; empty: the member has none
}

// learn takes the name from a reply. One without a name tells nothing, unless nothing is known or a signature was refused: it may
// be to a request that was not signed.
func (r *receiver) learn(reply *http.Response) {
	name := reply.Header.Get(headerReceiver)
	if name != "" || reply.StatusCode == http.StatusUnauthorized || r.name.Load() == nil {
		r.name.Store(&name)
	}
}

// namedReceiver returns the name of the member's verifier, and asks the member for it if it is not known.
func (p *plain) namedReceiver(ctx context.Context) (string, error) {
	if name := p.receiver.name.Load(); name != nil {
		return *name, nil
	}
	u := url.URL{Scheme: p.client.base.Scheme, Host: p.client.base.Host, Path: Prefix}
	req := (&http.Request{Method: http.MethodHead, URL: &u, Host: u.Host, Header: http.Header{headerPeer: {"1"}}}).WithContext(ctx)
	reply, err := p.http.Do(req)
	if err != nil {
		return "", unwrapURL(err)
	}
	defer reply.Body.Close()
	p.receiver.learn(reply)
	return reply.Header.Get(headerReceiver), nil
}

// sendSigned sends a request, and once more where it was signed for a receiver that the member has not any more.
func (p *plain) sendSigned(ctx context.Context, r Request) (*http.Response, error) {
	reply, err := p.try(ctx, r)
	if err != nil || !r.isWrite() || !isForAnother(reply) {
		return reply, err
	}
	reply.Body.Close()
	return p.try(ctx, r)
}

// isForAnother reports whether a reply refuses a signature and names another receiver than the one that was signed for.
func isForAnother(reply *http.Response) bool {
	return reply.StatusCode == http.StatusUnauthorized &&
		reply.Header.Get(headerReceiver) != reply.Request.Header.Get(headerReceiver)
}
