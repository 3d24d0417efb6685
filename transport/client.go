package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"
)

// Limits of a client's connections to one member.
const (
	dialTimeout     = time.Second
	continueTimeout = time.Second      // for leave to send a large value
	idleConnTimeout = 90 * time.Second // shorter than the server's, so that a server seldom closes under a request
	maxIdleConns    = 64
	maxConns        = 256 // at which requests wait for each other
	keepAlivePeriod = 15 * time.Second
	maxReplyHeader  = 64 << 10
)

// ErrClosed is returned by Do once the Client is closed.
var ErrClosed = errors.New("transport: client closed")

// ClientConfig says how a member is reached. Addr is required.
type ClientConfig struct {
	Addr string      // host:port
	TLS  *tls.Config // If nil, plain HTTP.
	Key  []byte      // what requests are signed with. If empty, they are not.
}

// Client carries requests to one member over connections that it keeps. It is safe for concurrent use.
type Client struct {
	base   url.URL
	http   *http.Client
	pool   *http.Transport
	watch  *watch
	dialer *net.Dialer
	signer *signer
	ctx    context.Context // of all requests and connections
	close  context.CancelCauseFunc
}

// NewClient returns a Client, which connects when it is first used.
func NewClient(cfg ClientConfig) *Client {
	c := &Client{base: url.URL{Scheme: "http", Host: cfg.Addr}}
	c.dialer = &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlivePeriod}
	c.pool = &http.Transport{
		DialContext:            c.dial,
		Protocols:              http1(),
		TLSClientConfig:        http1TLS(cfg.TLS),
		TLSHandshakeTimeout:    dialTimeout,
		ExpectContinueTimeout:  continueTimeout,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    maxIdleConns,
		MaxConnsPerHost:        maxConns,
		IdleConnTimeout:        idleConnTimeout,
		MaxResponseHeaderBytes: maxReplyHeader,
	}
	c.http = &http.Client{Transport: c.pool, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	if cfg.TLS != nil {
		c.base.Scheme = "https"
	}
	c.watch = newWatch(c.base, c.pool)
	c.signer = newSigner(newKeyring(cfg.Key))
	c.ctx, c.close = context.WithCancelCause(context.Background())
	return c
}

// SetKeys replaces the keys while requests are under way: use signs, and the member may prove itself with use or one of
// accept. With an empty use, requests are not signed.
func (c *Client) SetKeys(use []byte, accept ...[]byte) { c.signer.keyring.set(use, accept) }

// Close ends the connections and what is under way on them. Any number of calls do what one does.
func (c *Client) Close() { c.close(ErrClosed) }

// Do sends r and returns the reply. An error says that no reply came: nobody knows whether a Set, Remove or Purge was
// carried out, or whether it was twice. It is the cause of ctx's end, ErrClosed, or the network's. A member that gives no sign
// of life while it is waited for costs a second and a half, and nothing for the two seconds after that; one that is slow may
// take as long as ctx allows.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	if c.ctx.Err() != nil {
		return Response{}, ErrClosed
	}
	if c.watch.givenUp() {
		return Response{}, errSilent
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer context.AfterFunc(c.ctx, func() { cancel(ErrClosed) })()
	watched := make(chan struct{})
	go func() { defer close(watched); c.watch.over(ctx, cancel) }()
	defer func() { cancel(nil); <-watched }()

	resp, err := c.exchange(ctx, r)
	switch {
	case err == nil:
		return resp, nil
	case c.ctx.Err() != nil: // even where a connection's end was noticed first
		return Response{}, ErrClosed
	case ctx.Err() != nil:
		return Response{}, context.Cause(ctx)
	}
	return Response{}, fmt.Errorf("transport: %w", err)
}

func (c *Client) exchange(ctx context.Context, r Request) (Response, error) {
	reply, err := c.send(ctx, r)
	if err != nil {
		return Response{}, err
	}
	defer reply.Body.Close()
	c.watch.hear()
	return readReply(reply, r)
}

// send returns the head of the reply. The other side may close a kept connection at any time: net/http then tries a read
// again by itself, and send a write, over a new connection.
func (c *Client) send(ctx context.Context, r Request) (*http.Response, error) {
	if r.Op == Get {
		return c.try(ctx, r)
	}
	kept := false
	reply, err := c.try(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { kept = info.Reused },
	}), r)
	if err != nil && kept && ctx.Err() == nil {
		c.pool.CloseIdleConnections()
		reply, err = c.try(ctx, r)
	}
	return reply, err
}

func (c *Client) try(ctx context.Context, r Request) (*http.Response, error) {
	req, err := c.request(ctx, r)
	if err != nil {
		return nil, err
	}
	reply, err := c.http.Do(req)
	if err != nil {
		return nil, unwrapURL(err)
	}
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
