package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// adminReadTimeout bounds what a request to the operator's address may take to arrive.
const adminReadTimeout = 10 * time.Second

// adminServer serves the operator's pages on an address of their own. The nil one serves nothing.
type adminServer struct {
	http     http.Server
	listener net.Listener
	done     sync.WaitGroup
}

// startAdmin opens the operator's address, if there is one.
func (s *server) startAdmin() error {
	if s.settings.admin == "" {
		return nil
	}
	l, err := open("admin", s.settings.admin)
	if err != nil {
		return err
	}
	a := &adminServer{listener: l, http: http.Server{Handler: s.pages.Operator(), ReadTimeout: adminReadTimeout}}
	a.done.Go(func() {
		if err := a.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error().Err(err).Msg("the operator's pages are not served any more")
		}
	})
	s.admin = a
	s.log.Info().Stringer("addr", l.Addr()).Msg("pages for operators")
	return nil
}

// close ends the requests under way; those that end within a moment are let end.
func (a *adminServer) close() {
	if a == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if a.http.Shutdown(ctx) != nil {
		a.http.Close()
	}
	a.done.Wait()
}
