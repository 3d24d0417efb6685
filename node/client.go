package node

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/transport"
)

// ClientConfig says which member a Client asks. Server is required.
type ClientConfig struct {
	// Server is the host:port of any member, or its URL.
	Server string

	// Secret is the cluster's. If empty, requests are not signed, which members with a secret accept from loopback only.
	Secret []byte

	// AcceptSecrets are what members may prove themselves with beside Secret, while the cluster changes its secret. If empty, none.
	AcceptSecrets [][]byte

	// TLS is used to connect. If nil, plain HTTP, unless Server is an https URL or TLSFiles is set.
	TLS *tls.Config

	// TLSFiles are a node's, for a client that members know by its certificate. If zero, see TLS.
	TLSFiles TLSFiles

	// Token is Config.ClientToken of the members. If empty, none is shown.
	Token string

	network network
}

// Client asks a cluster from outside, through one of its members. It is safe for concurrent use.
type Client struct{ transport *transport.Client }

// NewClient returns a Client, which connects when it is first used.
func NewClient(cfg ClientConfig) (*Client, error) {
	addr, tlsConfig, err := serverAddress(cfg)
	if err != nil {
		return nil, fmt.Errorf("node: client: %w", err)
	}
	keys, err := newKeyring(cfg.Secret, cfg.AcceptSecrets)
	if err != nil {
		return nil, fmt.Errorf("node: client: %w", err)
	}
	certs, err := loadTLS(cfg.TLSFiles, zerolog.Nop())
	if err != nil {
		return nil, fmt.Errorf("node: client: %w", err)
	}
	client := transport.NewClient(transport.ClientConfig{Addr: addr, TLS: tlsConfig, TLSNow: certs.source(), Token: cfg.Token, Dial: cfg.network.dial})
	keys.giveHTTP(client)
	return &Client{client}, nil
}

func serverAddress(cfg ClientConfig) (string, *tls.Config, error) {
	raw := cfg.Server
	if !strings.Contains(raw, "://") {
		raw = "http://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", nil, fmt.Errorf("server %q: %w", cfg.Server, err)
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return "", nil, fmt.Errorf("server %q: want host:port or http://host:port", cfg.Server)
	}
	if u.Scheme == "https" && cfg.TLS == nil {
		cfg.TLS = &tls.Config{}
	}
	if _, _, err := net.SplitHostPort(u.Host); err != nil {
		return "", nil, fmt.Errorf("server %q: %w", cfg.Server, err)
	}
	return u.Host, cfg.TLS, nil
}

// Get returns a key's value. It fails as Group.Get does, with ErrUnknownGroup, or because the member does not answer.
func (c *Client) Get(ctx context.Context, group, key string) (Value, error) {
	resp, err := c.do(ctx, transport.Request{Op: transport.Get, Group: group, Key: key})
	return Value{Data: resp.Value, TTL: resp.TTL}, err
}

// Set stores a value, as Group.Set does.
func (c *Client) Set(ctx context.Context, group, key string, v Value) error {
	_, err := c.do(ctx, transport.Request{Op: transport.Set, Group: group, Key: key, Value: v.Data, TTL: v.TTL})
	return err
}

// Remove makes the cluster forget a key, as Group.Remove does.
func (c *Client) Remove(ctx context.Context, group, key string) error {
	_, err := c.do(ctx, transport.Request{Op: transport.Remove, Group: group, Key: key})
	return err
}

// Purge makes the cluster forget every key of a group, as Group.Purge does.
func (c *Client) Purge(ctx context.Context, group string) error {
	_, err := c.do(ctx, transport.Request{Op: transport.Purge, Group: group})
	return err
}

func (c *Client) do(ctx context.Context, r transport.Request) (transport.Response, error) {
	resp, err := c.transport.Do(ctx, r)
	if err != nil {
		return transport.Response{}, err
	}
	return resp, errorOf(resp)
}

// Close ends the connections.
func (c *Client) Close() { c.transport.Close() }
