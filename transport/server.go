package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// Limits of the server's patience with a connection.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = time.Minute     // for a request without a body, or whose body is not read; see pacedBody
	writeTimeout      = 2 * time.Minute // for a reply
	idleTimeout       = 2 * time.Minute
)

// refusalsLogged bounds the refused requests that are logged in a second: whoever sends them must not fill the disk.
const refusalsLogged = 10

// ServerConfig says what a Server serves. Handler is required.
type ServerConfig struct {
	// Handler answers the requests under Prefix.
	Handler Handler

	// Fallback serves every other path. If nil, they are not found.
	Fallback http.Handler

	// Member names the server in Cache-Status. If empty, "p2pcache".
	Member string

	// Key is what requests are signed with. If empty, they need no signature.
	Key []byte

	// Token is what outside clients may show in place of a signature. If empty, none.
	Token string

	// TLS is used to serve. If nil, plain HTTP.
	TLS *tls.Config

	// RequestContext derives the context of a request that the Handler has to work for from its header. Of a request in frames, that is
	// Request.Trace as Traceparent; it is not called where there is none. If nil, the request's own.
	RequestContext func(*http.Request) context.Context

	// GroupcacheCompat answers a request without an Accept header in protobuf and reads a plus in a path as a space.
	GroupcacheCompat bool

	// MaxConns is how many plain connections are kept open at a time, and how many upgraded ones. If zero, 16,384, or three
	// quarters of the files that the process may open where that is less.
	MaxConns int

	// Logger receives refused requests, some each second, and panics. The zero value is silent.
	Logger zerolog.Logger
}

// Server serves the protocol. It is safe for concurrent use.
type Server struct {
	cfg      ServerConfig
	cached   CachedHandler     // nil: the Handler is none
	many     CachedManyHandler // nil: the Handler is none
	member   string            // as Cache-Status has it
	refused  zerolog.Logger
	verifier *verifier
	http     *http.Server
	conns    conns
	frames   frames
	replies  sync.Pool // of *quickReply

	unverified unverified
	serving    sync.WaitGroup  // what Start began, and the goroutines of connections
	ctx        context.Context // of all requests on its connections; ends with Close
	end        context.CancelFunc
}

// NewServer returns a Server that does not listen yet.
func NewServer(cfg ServerConfig) *Server {
	if cfg.Member == "" {
		cfg.Member = "p2pcache"
	}
	if cfg.Fallback == nil {
		cfg.Fallback = http.NotFoundHandler()
	}
	if cfg.RequestContext == nil {
		cfg.RequestContext = (*http.Request).Context
	}
	if cfg.MaxConns == 0 {
		cfg.MaxConns = mostConns()
	}
	cfg.TLS = http1TLS(cfg.TLS)
	s := &Server{cfg: cfg, conns: conns{max: cfg.MaxConns}, frames: frames{max: cfg.MaxConns, sessions: map[string]*hosted{}}}
	s.member = quote(cfg.Member)
	s.cached, _ = cfg.Handler.(CachedHandler)
	s.many, _ = cfg.Handler.(CachedManyHandler)
	s.refused = cfg.Logger.Sample(&zerolog.BurstSampler{Burst: refusalsLogged, Period: time.Second})
	s.verifier = newVerifier(newKeyring(cfg.Key))
	s.verifier.token = cfg.Token
	s.ctx, s.end = context.WithCancel(context.Background())
	s.http = &http.Server{
		Handler:           s,
		Protocols:         http1(),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          httpLog(cfg.Logger),
		BaseContext:       s.baseContext,
		ConnState:         s.countConn,
	}
	return s
}

// countConn is called for a new connection by what Start began, which is counted itself, and last by the connection's own
// goroutine.
func (s *Server) countConn(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.serving.Add(1)
		s.conns.add(conn)
	case http.StateActive:
		s.conns.busy(conn)
	case http.StateIdle:
		s.conns.idle(conn)
		if quick, ok := conn.(*quickConn); ok {
			quick.replied()
		}
	case http.StateClosed, http.StateHijacked:
		s.conns.remove(conn)
		s.serving.Done()
	}
}

// baseContext is the context of requests that come to a listener.
func (s *Server) baseContext(l net.Listener) context.Context {
	if _, ok := l.(clientsListener); ok {
		return context.WithValue(s.ctx, clientsOnly{}, true)
	}
	return s.ctx
}

// clientsListener is one on which members are not served.
type clientsListener struct{ net.Listener }

// StartClients is Start for a listener on which outside clients alone are served, with a TLS of its own; nil for plain HTTP.
func (s *Server) StartClients(l net.Listener, cfg *tls.Config) {
	if cfg != nil {
		l = tls.NewListener(l, http1TLS(cfg))
	} else {
		l = s.quickly(l)
	}
	s.accept(clientsListener{l})
}

// Start accepts connections from l, which it closes in the end, until Shutdown or Close. What ends it otherwise is logged.
func (s *Server) Start(l net.Listener) {
	if s.cfg.TLS != nil {
		l = tls.NewListener(l, s.cfg.TLS)
	} else {
		l = s.quickly(l)
	}
	s.accept(l)
}

func (s *Server) accept(l net.Listener) {
	s.serving.Go(func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.cfg.Logger.Error().Err(err).Stringer("listen", l.Addr()).Msg("the server stopped accepting connections")
		}
	})
}

// SetKeys replaces the keys while requests are under way: a request passes that is signed with use or one of accept. With
// an empty use, requests need no signature.
func (s *Server) SetKeys(use []byte, accept ...[]byte) {
	s.verifier.keyring.set(use, accept)
	s.frames.renew(s.verifier.keyring.keys.Load())
}

// Shutdown stops accepting connections and waits, within ctx, for the requests that are under way.
func (s *Server) Shutdown(ctx context.Context) error {
	s.conns.close()
	s.frames.leave()
	if err := s.http.Shutdown(ctx); err != nil {
		return err
	}
	return s.frames.wait(ctx)
}

// Close ends every connection at once, and waits for the calls of Handler on them, whose contexts end with it. Upgraded
// connections are the server's own, whichever server they came to.
func (s *Server) Close() error {
	// A connection's end does not reach the Handler where bytes of a next request have come already.
	s.end()
	s.frames.close()
	err := s.http.Close()
	s.serving.Wait()
	return err
}

// ServeHTTP serves paths under Prefix by the Handler, and others by the Fallback. No path is rewritten. Close neither ends
// nor awaits what other servers call it for.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	escaped, found := strings.CutPrefix(escapedPath(r.URL), Prefix)
	if !found {
		s.cfg.Fallback.ServeHTTP(w, r)
		return
	}
	s.serve(w, r, escaped)
}

// httpLog hands net/http's complaints about connections to logger.
func httpLog(logger zerolog.Logger) *log.Logger {
	return log.New(lineWriter{logger}, "", 0)
}

type lineWriter struct{ logger zerolog.Logger }

func (w lineWriter) Write(line []byte) (int, error) {
	w.logger.Debug().Msg(strings.TrimSpace(string(line)))
	return len(line), nil
}
