package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"
)

// Limits of a client's plain connections to one member.
const (
	continueTimeout = time.Second      // for leave to send a large value
	idleConnTimeout = 90 * time.Second // shorter than the server's, so that a server seldom closes under a request
	maxIdleConns    = 64
	maxConns        = 256 // at which requests wait for each other
)

// plain sends requests as plain HTTP, to members that do not speak frames.
type plain struct {
	client *Client
	http   *http.Client
	pool   *http.Transport
	watch  *watch

	receiver receiver
}

func newPlain(c *Client) *plain {
	p := &plain{client: c}
	p.pool = &http.Transport{
		DialContext:            c.dial,
		Protocols:              http1(),
		DialTLSContext:         c.dialTLS,
		TLSHandshakeTimeout:    dialTimeout,
		ExpectContinueTimeout:  continueTimeout,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    maxIdleConns,
		MaxConnsPerHost:        maxConns,
		IdleConnTimeout:        idleConnTimeout,
		MaxResponseHeaderBytes: maxReplyHeader,
	}
	p.http = &http.Client{Transport: p.pool, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	p.watch = newWatch(c.base, p.pool)
	return p
}

// do sends r and returns the reply.
func (p *plain) do(ctx context.Context, r Request) (Response, error) {
	if deadline, ok := ctx.Deadline(); ok { // which its Done need not tell
		var stop context.CancelFunc
		ctx, stop = context.WithDeadline(ctx, deadline)
		defer stop()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer context.AfterFunc(p.client.ctx, func() { cancel(ErrClosed) })()
	watched := make(chan struct{})
	go func() { defer close(watched); p.watch.over(ctx, cancel) }()
	defer func() { cancel(nil); <-watched }()

	resp, err := p.exchange(ctx, r)
	switch {
	case err == nil:
		return resp, nil
	case p.client.ctx.Err() != nil: // even where a connection's end was noticed first
		return Response{}, ErrClosed
	case ctx.Err() != nil:
		return Response{}, context.Cause(ctx)
	}
	return Response{}, fmt.Errorf("transport: %w", err)
}

func (p *plain) exchange(ctx context.Context, r Request) (Response, error) {
	reply, err := p.send(ctx, r)
	if err != nil {
		return Response{}, err
	}
	defer reply.Body.Close()
	p.watch.hear()
	if p.client.compat && r.Op == Get && !isMembers(reply) {
		return readGroupcache(reply, r)
	}
	return readReply(reply, r)
}

// send returns the head of the reply. The other side may close a kept connection at any time: net/http then tries a read
// again by itself, and send a write, over a new connection.
func (p *plain) send(ctx context.Context, r Request) (*http.Response, error) {
	if r.Op == Get {
		return p.try(ctx, r)
	}
	kept := false
	reply, err := p.sendSigned(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { kept = info.Reused },
	}), r)
	if err != nil && kept && ctx.Err() == nil {
		p.pool.CloseIdleConnections()
		reply, err = p.sendSigned(ctx, r)
	}
	return reply, err
}

func (p *plain) try(ctx context.Context, r Request) (*http.Response, error) {
	var receiver string
	if r.isWrite() && p.client.signer.keyring.keys.Load().required() {
		var err error
		if receiver, err = p.namedReceiver(ctx); err != nil {
			return nil, err
		}
	}
	req, err := p.client.request(ctx, r, receiver)
	if err != nil {
		return nil, err
	}
	reply, err := p.http.Do(req)
	if err != nil {
		return nil, unwrapURL(err)
	}
	p.receiver.learn(reply)
	return reply, nil
}

// unwrapURL takes the URL, and with it the key, out of an error that will be logged.
func unwrapURL(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		return outer.Err
	}
	return err
}
