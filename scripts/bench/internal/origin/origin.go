// Package origin is an HTTP origin that counts what is loaded from it.
package origin

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/worker"
)

// Origin serves the values of keys that worker.Key made, each after a while.
type Origin struct {
	server *http.Server
	addr   string
	served sync.WaitGroup
	delay  time.Duration

	mu    sync.Mutex
	loads map[string]int // guarded by mu; by key
}

// Start starts an origin that takes so long for an answer.
func Start(delay time.Duration) (*Origin, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	o := &Origin{addr: listener.Addr().String(), delay: delay, loads: make(map[string]int)}
	o.server = &http.Server{Handler: o}
	o.served.Go(func() {
		if err := o.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			panic(err) // the benchmark is worth nothing without its origin
		}
	})
	return o, nil
}

// URL is what a key is appended to.
func (o *Origin) URL() string { return "http://" + o.addr + "/" }

// Close ends all connections.
func (o *Origin) Close() {
	o.server.Close()
	o.served.Wait()
}

// ServeHTTP implements http.Handler.
func (o *Origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := strings.TrimPrefix(r.URL.Path, "/")
	o.mu.Lock()
	o.loads[key]++
	o.mu.Unlock()
	value, err := worker.Value(key)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	time.Sleep(o.delay)
	w.Write(value)
}

// Loads is how often a key was loaded.
func (o *Origin) Loads(key string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.loads[key]
}

// All is the number of loads, and of the keys that were loaded.
func (o *Origin) All() (loads, keys int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, n := range o.loads {
		loads += n
	}
	return loads, len(o.loads)
}
