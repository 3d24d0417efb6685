package origin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/p2pcache/p2pcache/node"
)

// What a connection to an HTTP origin is given. The reply as a whole is bounded by the group's load-timeout.
const (
	connectTimeout = 5 * time.Second
	idleTimeout    = 90 * time.Second
	// idleConnections kept to the origin: as many as a group loads at once by default, or each burst would connect anew.
	idleConnections = node.DefaultMaxLoads
	maxRedirects    = 10
	// maxDrained bytes of a reply that is no value are read, so that its connection can serve again.
	maxDrained = 64 << 10
)

// service is an HTTP service, whose Cache-Control sets the life of the values.
type service struct {
	url    template
	client *http.Client
}

func parseHTTP(spec string) (Origin, error) {
	t, err := parseTemplate(spec)
	if err != nil {
		return nil, err
	}
	return service{url: t, client: newHTTPClient()}, nil
}

func newHTTPClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: connectTimeout}).DialContext,
			TLSHandshakeTimeout: connectTimeout,
			MaxIdleConnsPerHost: idleConnections,
			IdleConnTimeout:     idleTimeout,
			ForceAttemptHTTP2:   true,
		},
		CheckRedirect: sameHost,
	}
}

// sameHost follows a redirect only to the host that was asked: an origin must not aim nodes at others, which may trust
// them.
func sameHost(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	if next.URL.Host != first.Host || next.URL.Scheme != first.Scheme {
		return fmt.Errorf("redirect to another host, %s://%s", next.URL.Scheme, next.URL.Host)
	}
	if len(via) >= maxRedirects {
		return fmt.Errorf("over %d redirects", maxRedirects)
	}
	return nil
}

func (s service) Loader(group string, maxValueBytes int) (node.Loader, error) {
	keyed, err := s.url.withGroup(group)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, key string) (node.Value, error) {
		target, ok := keyed.url(key)
		if !ok {
			return node.Value{}, node.ErrNotFound
		}
		return s.load(ctx, target, maxValueBytes)
	}, nil
}

func (s service) load(ctx context.Context, target string, maxValueBytes int) (node.Value, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return node.Value{}, withoutURL(err)
	}
	req.Header.Set("User-Agent", "p2pcache")
	reply, err := s.client.Do(req)
	if err != nil {
		return node.Value{}, withoutURL(err)
	}
	defer reply.Body.Close()
	switch reply.StatusCode {
	case http.StatusOK:
		data, err := readBounded(reply.Body, reply.ContentLength, maxValueBytes)
		return node.Value{Data: data, TTL: life(reply.Header)}, err
	case http.StatusNotFound, http.StatusGone:
		err = node.ErrNotFound
	default:
		err = fmt.Errorf("origin answered %s", reply.Status)
	}
	// A failure to drain costs the connection, nothing else.
	_, _ = io.CopyN(io.Discard, reply.Body, maxDrained)
	return node.Value{}, err
}

// withoutURL drops the URL from err, whose text crosses the wire to callers: it may hold a password.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
