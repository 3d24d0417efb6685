package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/golang/groupcache"
)

const (
	peersPath   = "/_groupcache/" // where the pool fetches from
	clientsPath = "/_gocache/"    // where clients get raw values

	// manyIdle keeps connections to peers open, which Go's default transport does for two of each.
	manyIdle = 64
)

// serve runs a member until ctx ends.
func serve(ctx context.Context, s settings, out io.Writer) error {
	name, size, err := s.groupSize()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return err
	}
	self := "http://" + listener.Addr().String()
	pool := groupcache.NewHTTPPoolOpts(self, &groupcache.HTTPPoolOptions{BasePath: peersPath})
	transport := &http.Transport{MaxIdleConnsPerHost: manyIdle}
	pool.Transport = func(context.Context) http.RoundTripper { return transport }
	group := groupcache.NewGroup(name, size, origin{s.origin, name, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: manyIdle}}})
	m := newMembers(s.name, self, pool)

	server := &http.Server{Handler: routes(m, pool, group)}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }() // ends by Shutdown
	list, err := m.gossip(s)
	if err != nil {
		return errors.Join(err, server.Close())
	}
	fmt.Fprintf(out, "ready name=%s listen=%s gossip=%s\n", s.name, listener.Addr(), s.gossip)
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	bounded, cancel := context.WithTimeout(context.Background(), leaveWithin)
	defer cancel()
	return errors.Join(list.Leave(leaveWithin), server.Shutdown(bounded), list.Shutdown())
}

func routes(m *members, pool *groupcache.HTTPPool, group *groupcache.Group) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(peersPath, pool)
	mux.HandleFunc(clientsPath+group.Name()+"/{key...}", func(w http.ResponseWriter, r *http.Request) {
		var value groupcache.ByteView
		if err := group.Get(r.Context(), r.PathValue("key"), groupcache.ByteViewSink(&value)); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		value.WriteTo(w) //nolint:errcheck // the client has gone
	})
	mux.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) { m.writeMetrics(w) })
	mux.HandleFunc("/debug/ring", func(w http.ResponseWriter, _ *http.Request) { m.writeRing(w) })
	return mux
}

// origin loads by HTTP.
type origin struct {
	url, group string
	client     *http.Client
}

// Get implements groupcache.Getter.
func (o origin) Get(ctx context.Context, key string, dest groupcache.Sink) error {
	target := strings.NewReplacer("{group}", url.PathEscape(o.group), "{key}", url.PathEscape(key)).Replace(o.url)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	resp, err := o.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("origin: %s", resp.Status)
	}
	value, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return dest.SetBytes(value)
}
