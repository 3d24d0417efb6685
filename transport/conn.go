package transport

import (
	"context"
	"crypto/tls"
	"net"
)

// dial connects to the member for plain HTTP. The connection and its dialing end with the client: net/http goes on dialing when the request
// has gone, and keeps a connection that comes late.
func (c *Client) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(c.ctx, func() { cancel(ErrClosed) })()
	conn, err := c.dialPlain(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &boundConn{conn, context.AfterFunc(c.ctx, func() { conn.Close() })}, nil
}

// boundConn is closed when its client is.
type boundConn struct {
	net.Conn
	unbind func() bool
}

// Close implements net.Conn.
func (c *boundConn) Close() error {
	c.unbind()
	return c.Conn.Close()
}

// dialTLS is dial for TLS. net/http makes the handshake.
func (c *Client) dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := c.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return tls.Client(conn, c.tls()), nil
}
