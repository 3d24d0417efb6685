package access

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxPageBytes bounds what is read of a page: a thousand times that of a large cluster.
const maxPageBytes = 64 << 20

// Client fetches the pages of nodes. It is safe for concurrent use. Redirects are not followed and no proxy is asked: whoever
// answers in a node's place must not aim the caller at others.
type Client struct {
	http http.Client
	keys *Keys
}

// NewClient returns a Client that signs with keys. For each new connection of https it asks config how to speak TLS: nil is with
// what this machine trusts.
func NewClient(keys *Keys, config func() *tls.Config) *Client {
	return &Client{keys: keys, http: http.Client{
		Transport: &http.Transport{
			DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				return (&tls.Dialer{Config: config()}).DialContext(ctx, network, addr)
			},
			MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Page is what a node answered.
type Page struct {
	Host   string // host:port
	Code   int
	Status string // such as "404 Not Found"
	Body   []byte
}

// Get fetches a page of the node at base, a URL such as http://10.0.0.1:9999 or a bare host:port.
func (c *Client) Get(ctx context.Context, base, path string, query url.Values) (Page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address(base, path, query), nil)
	if err != nil {
		return Page{}, err
	}
	c.keys.Sign(req)
	reply, err := c.http.Do(req)
	if err != nil {
		return Page{}, err
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(io.LimitReader(reply.Body, maxPageBytes))
	return Page{Host: req.URL.Host, Code: reply.StatusCode, Status: reply.Status, Body: body}, err
}

// Err is nil for a page of status 200, and else what the node says is wrong.
func (p Page) Err() error {
	if p.Code == http.StatusOK {
		return nil
	}
	return fmt.Errorf("%s answered %s: %.300s", p.Host, p.Status, strings.TrimSpace(string(p.Body)))
}

// Close drops the idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func address(base, path string, query url.Values) string {
	base = strings.TrimSuffix(base, "/")
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return base + path
}
