package transport

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

var (
	errNoFrames  = errors.New("upgrade to " + upgradeName + " with a version of the frames that is known here: " + framesVersion)
	errNoNonce   = fmt.Errorf("%s: want 1 to %d bytes", headerNonce, maxNonce)
	errNoSession = errors.New("there is no such session: begin a new one")
)

// wantsUpgrade reports whether a request asks to go on in frames, for itself: what a proxy handed on without a look at Connection, or
// an HTTP/1.0 client says, does not count (RFC 9110, section 7.8).
func wantsUpgrade(r *http.Request) bool {
	return r.Method == http.MethodGet && r.ProtoAtLeast(1, 1) && strings.EqualFold(r.Header.Get("Upgrade"), upgradeName) &&
		names(r.Header["Connection"], "Upgrade")
}

// names reports whether a list's lines name a word.
func names(lines []string, word string) bool {
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), word) {
				return true
			}
		}
	}
	return false
}

// upgrade has a connection go on in frames, as a session's first lane or a further one.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request) {
	h := &handshake{
		host: r.Host, session: r.Header.Get(headerSession),
		clientNonce: r.Header.Get(headerNonce), serverNonce: rand.Text(),
	}
	if r.ContentLength != 0 { // what follows the request are frames
		s.refuse(w, r, refusal(BadRequest, errUnwantedBody))
		return
	}
	if !speaks(r.Header.Get(headerFrames)) {
		w.Header().Set(headerFrames, framesVersion)
		writeError(w, r, http.StatusUpgradeRequired, refusal(BadRequest, errNoFrames))
		return
	}
	if h.clientNonce == "" || len(h.clientNonce) > maxNonce {
		s.refuse(w, r, refusal(BadRequest, errNoNonce))
		return
	}
	joined, limit := s.frames.find(h.session), maxPrefix
	if h.session != "" && joined == nil {
		s.refuse(w, r, refusal(BadRequest, errNoSession))
		return
	}
	if h.session == "" {
		h.session, limit = rand.Text(), maxSmall
	}
	conn, early, err := hijack(w)
	if err != nil {
		return
	}
	g := &guest{
		server: s, conn: conn, in: newFrameReader(conn, limit, early), handshake: h,
		local: fromLoopback(r) || showsToken(r, s.cfg.Token), clientsOnly: isClientsOnly(r),
	}
	if !s.frames.spawn(&s.serving, func() { g.run(joined) }) {
		conn.Close()
	}
}

// hijack takes over a connection, and returns it with what was read from it already.
func hijack(w http.ResponseWriter) (net.Conn, []byte, error) {
	conn, buffer, err := http.NewResponseController(w).Hijack()
	if quick, ok := conn.(*quickConn); ok {
		conn = quick.Conn
	}
	if err != nil {
		w.WriteHeader(http.StatusNotImplemented) // it belongs to a server that cannot do it
		return nil, nil, err
	}
	early, err := buffer.Peek(buffer.Reader.Buffered())
	if err == nil {
		err = conn.SetDeadline(time.Now().Add(proofTimeout))
	}
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return conn, bytes.Clone(early), nil
}

// welcome is the reply that upgrades a connection.
func welcome(h *handshake, k *keys) []byte {
	lines := []string{
		"HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: " + upgradeName,
		headerFrames + ": " + framesVersion, headerSession + ": " + h.session, headerNonce + ": " + h.serverNonce,
	}
	if k.required() {
		lines = append(lines, headerProof+": "+hex.EncodeToString(h.proof(k.use, sideServer)))
	}
	return []byte(strings.Join(lines, "\r\n") + "\r\n\r\n")
}

// guest is a connection that was just upgraded.
type guest struct {
	server      *Server
	conn        net.Conn
	in          *frameReader
	handshake   *handshake
	keys        *keys // at the time of the handshake
	local       bool  // it comes from this machine, or shows the token
	clientsOnly bool  // members are not served where it came to
}

// run serves the connection: as a lane of a session that there is, or as the first of a new one.
func (g *guest) run(joined *hosted) {
	defer g.conn.Close()
	unbind := closeWith(g.server.ctx, g.conn)
	defer unbind()
	own := joined
	if joined == nil {
		own = newHosted(g) // its client may open further lanes as soon as it is welcome
		defer own.quit()
		if !g.server.frames.add(own) {
			return
		}
		defer g.server.frames.remove(own)
	}
	g.keys = g.server.verifier.keyring.keys.Load() // not before: who replaces them looks for sessions after that
	_, err := g.conn.Write(welcome(g.handshake, g.keys))
	if joined == nil {
		own.out.open()
	}
	var key []byte
	var first *frame
	if err == nil {
		key, first, err = g.prove()
	}
	if err == nil {
		err = g.conn.SetDeadline(time.Time{})
	}
	switch {
	case err != nil:
		g.server.refused.Warn().Stringer("from", g.conn.RemoteAddr()).Err(err).Msg("connection refused")
	case joined == nil:
		own.run(key, key != nil || !g.keys.required(), first)
	default:
		joined.runLarge(g, key, first)
	}
}

// prove waits for the first frame where a proof is asked for, and returns the key that it was made with, nil for none. A frame
// that is no proof is returned.
func (g *guest) prove() (key []byte, first *frame, err error) {
	if !g.keys.required() {
		return nil, nil, nil
	}
	f, err := g.in.read()
	if err != nil {
		return nil, nil, err
	}
	if f.kind != kindProof {
		return nil, &f, nil
	}
	proof, err := parseProof(f.message)
	if err != nil {
		return nil, nil, err
	}
	if key = g.handshake.proven(g.keys.accept, sideClient, proof); key == nil {
		return nil, nil, errBadAuth
	}
	return key, nil, nil
}
