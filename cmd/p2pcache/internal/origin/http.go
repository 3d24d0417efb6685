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

	"go.opentelemetry.io/otel/propagation"

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
	cfg    Config
	url    template
	header http.Header
	client *http.Client
}

func parseHTTP(c Config) (Origin, error) {
	t, err := parseTemplate(c.Spec)
	if err != nil {
		return nil, err
	}
	header, err := c.header()
	if err != nil {
		return nil, err
	}
	return service{cfg: c, url: t, header: header, client: newHTTPClient()}, nil
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

// errRedirect begins the errors of redirects that are not followed: to ask again would end the same way.
var errRedirect = errors.New("redirect")

// sameHost follows a redirect only to the host that was asked: an origin must not aim nodes at others, which may trust
// them.
func sameHost(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	if next.URL.Host != first.Host || next.URL.Scheme != first.Scheme {
		return fmt.Errorf("%w to another host, %s://%s", errRedirect, next.URL.Scheme, next.URL.Host)
	}
	if len(via) >= maxRedirects {
		return fmt.Errorf("%w: over %d, one after the other", errRedirect, maxRedirects)
	}
	return nil
}

// grouped is a service as one group asks it.
type grouped struct {
	service
	url           keyed
	maxValueBytes int
	budget        *budget
	kept          *kept
}

// Loader implements Origin.
func (s service) Loader(group string, maxValueBytes int) (node.Loader, error) {
	keyed, err := s.url.withGroup(group)
	if err != nil {
		return nil, err
	}
	g := grouped{
		service: s, url: keyed, maxValueBytes: maxValueBytes,
		budget: newBudget(s.cfg.RetryBudget), kept: newKept(s.cfg.RevalidateBytes),
	}
	return g.load, nil
}

func (g grouped) load(ctx context.Context, key string) (node.Value, error) {
	target, ok := g.url.url(key)
	if !ok {
		return node.Value{}, node.ErrNotFound
	}
	return again(ctx, g.cfg.Retries, g.budget, func() (node.Value, error) { return g.ask(ctx, target, key) })
}

// ask makes one request.
func (g grouped) ask(ctx context.Context, target, key string) (node.Value, error) {
	if g.cfg.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, g.cfg.Timeout)
		defer cancel()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return node.Value{}, withoutURL(err)
	}
	req.Header = g.header.Clone()
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(req.Header)) // nothing, unless loads are traced
	before, conditional := g.kept.get(key)
	if conditional {
		before.ask(req)
	}
	reply, err := g.client.Do(req)
	if err != nil {
		return node.Value{}, unsent(withoutURL(err))
	}
	defer reply.Body.Close()
	if reply.StatusCode == http.StatusNotModified && conditional {
		return node.Value{Data: before.data, TTL: life(reply.Header)}, nil
	}
	if reply.StatusCode == http.StatusOK {
		return g.read(reply, key)
	}
	return node.Value{}, g.refusal(reply, key)
}

// unsent is the error of a request that got no reply.
func unsent(err error) error {
	if errors.Is(err, errRedirect) {
		return err
	}
	return transportError{err}
}

// read reads a value.
func (g grouped) read(reply *http.Response, key string) (node.Value, error) {
	data, err := readBounded(reply.Body, reply.ContentLength, g.maxValueBytes)
	switch {
	case errors.Is(err, node.ErrTooLarge):
		return node.Value{}, err
	case err != nil:
		return node.Value{}, transportError{err}
	}
	ttl := life(reply.Header)
	if ttl == notKept && mustForget(reply.Header) {
		g.kept.drop(key)
	} else {
		g.kept.put(key, data, reply.Header)
	}
	return node.Value{Data: data, TTL: ttl}, nil
}

// refusal is what a reply that is no value says.
func (g grouped) refusal(reply *http.Response, key string) error {
	// A failure to drain costs the connection, nothing else.
	_, _ = io.CopyN(io.Discard, reply.Body, maxDrained)
	switch {
	case reply.StatusCode == http.StatusNotFound, reply.StatusCode == http.StatusGone:
		g.kept.drop(key)
		return node.ErrNotFound
	case isBusy(reply.StatusCode):
		return busyError{fmt.Errorf("origin answered %s", reply.Status)}
	}
	return fmt.Errorf("origin answered %s", reply.Status)
}

// withoutURL drops the URL from err, whose text crosses the wire to callers: it may hold a password.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
