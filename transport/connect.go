package transport

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

var (
	// errNoUpgrade says that a server answered, and does not speak frames.
	errNoUpgrade = errors.New("transport: the member does not speak frames")

	errUnproven = errors.New("transport: the member does not prove that it knows the secret")
)

// lane is an upgraded connection of a client.
type lane struct {
	conn    net.Conn
	in      *frameReader
	session string // the server's name for it
	key     []byte // that both sides have proved to know; nil if none was asked for
	first   []byte // the frame that goes before all others; nil for none
}

// openLane connects to the member and upgrades the connection to frames: the first lane of a session, which has no name yet, or
// a further one.
func (c *Client) openLane(ctx context.Context, session string) (*lane, error) {
	conn, err := c.dialPlain(ctx, "tcp", c.base.Host)
	if err != nil {
		return nil, silentIfLate(err)
	}
	// Whoever dials ends with the client, and with it the connection, until it is handed over.
	unbind := context.AfterFunc(ctx, func() { conn.Close() })
	l, err := c.upgrade(ctx, conn, session)
	if !unbind() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return l, nil
}

func (c *Client) upgrade(ctx context.Context, conn net.Conn, session string) (*lane, error) {
	// A member that lives answers at once.
	plain := conn
	stop := afterAwake(patience+c.signTimeout(), func() { _ = plain.SetDeadline(longAgo) })
	defer stop()
	if c.tls != nil {
		secure := tls.Client(conn, c.tls())
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		conn = secure
	}
	h := handshake{host: c.base.Host, session: session, clientNonce: rand.Text()}
	if _, err := io.WriteString(conn, upgradeRequest(h, c.token)); err != nil {
		return nil, silentIfLate(err)
	}
	in := bufio.NewReader(io.LimitReader(conn, maxReplyHeader))
	reply, err := http.ReadResponse(in, nil) //nolint:bodyclose // the connection is closed, or goes on in frames
	if err != nil {
		return nil, silentIfLate(err)
	}
	l, err := c.welcomed(h, reply)
	if err != nil {
		return nil, err
	}
	early, err := in.Peek(in.Buffered())
	if err != nil {
		return nil, err
	}
	l.conn, l.in = conn, newFrameReader(conn, maxSmall, early)
	stop()
	return l, conn.SetDeadline(time.Time{})
}

// upgradeRequest asks for an upgrade.
func upgradeRequest(h handshake, token string) string {
	lines := []string{
		"GET " + Prefix + " HTTP/1.1", "Host: " + h.host, "Connection: Upgrade", "Upgrade: " + upgradeName,
		headerFrames + ": " + framesVersion, headerNonce + ": " + h.clientNonce,
	}
	if h.session != "" {
		lines = append(lines, headerSession+": "+h.session)
	}
	if token != "" {
		lines = append(lines, headerToken+": "+bearer+token)
	}
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// welcomed reads the reply to an upgrade's request.
func (c *Client) welcomed(h handshake, reply *http.Response) (*lane, error) {
	if reply.StatusCode != http.StatusSwitchingProtocols || !speaks(reply.Header.Get(headerFrames)) {
		return nil, fmt.Errorf("%w: %.100q", errNoUpgrade, reply.Status)
	}
	if h.session == "" {
		h.session = reply.Header.Get(headerSession)
	}
	h.serverNonce = reply.Header.Get(headerNonce)
	l := &lane{session: h.session}
	keys := c.signer.keyring.keys.Load()
	field := reply.Header.Get(headerProof)
	if !keys.required() {
		if field != "" { // the server waits for a proof, and serves who has none only once another frame has come
			l.first = appendSignal(nil, kindPing, 0)
		}
		return l, nil
	}
	if l.key = h.provenHex(keys.accept, sideServer, field); l.key == nil {
		return nil, errUnproven
	}
	l.first = appendProof(nil, h.proof(keys.use, sideClient))
	return l, nil
}

// silentIfLate is err, or that the member gives no sign of life where that is what a time limit says.
func silentIfLate(err error) error {
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return errSilent
	}
	return err
}
