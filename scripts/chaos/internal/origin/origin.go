// Package origin is an HTTP origin that counts what is loaded from it, key by key, and that fails and stalls when it is
// told to.
package origin

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/truth"
)

// Origin serves GET /<group>/<key> with the newest value of the key. It is safe for concurrent use.
type Origin struct {
	truth  *truth.Truth
	mortal Mortal
	server *http.Server
	addr   string
	served sync.WaitGroup

	delay  atomic.Int64 // ns before an answer
	status atomic.Int64 // of each answer; 0: 200
	breaks atomic.Bool  // the connection is cut in the middle of an answer

	all     atomic.Uint64   // loads ever
	loads   []atomic.Uint64 // by key, since Mark
	running atomic.Int64    // loads under way
	most    atomic.Int64    // loads under way at once, since Mark
}

// Mortal says which values do not live until they are removed: those of the keys from a number on.
type Mortal struct {
	From int
	Life time.Duration // in whole seconds; 0: as long as others
}

// Start serves the truth on addr, a host:port whose port may be 0.
func Start(addr string, t *truth.Truth, m Mortal) (*Origin, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("origin: %w", err)
	}
	o := &Origin{truth: t, mortal: m, addr: listener.Addr().String(), loads: make([]atomic.Uint64, t.Keys())}
	o.server = &http.Server{Handler: http.HandlerFunc(o.serve), ReadHeaderTimeout: time.Minute}
	o.served.Go(func() { _ = o.server.Serve(listener) }) // ends with Close
	return o, nil
}

// URL is the --origin of nodes.
func (o *Origin) URL() string { return "http://" + o.addr + "/{group}/{key}" }

// Close ends all connections.
func (o *Origin) Close() {
	o.server.Close()
	o.served.Wait()
}

// SetDelay makes each answer take that long from now on.
func (o *Origin) SetDelay(d time.Duration) { o.delay.Store(int64(d)) }

// SetStatus makes each answer fail with a status from now on; with 0, none.
func (o *Origin) SetStatus(code int) { o.status.Store(int64(code)) }

// SetBreaks makes each connection end in the middle of the answer from now on, as when the origin panics.
func (o *Origin) SetBreaks(yes bool) { o.breaks.Store(yes) }

// Mark begins to count anew.
func (o *Origin) Mark() {
	for i := range o.loads {
		o.loads[i].Store(0)
	}
	o.most.Store(o.running.Load())
}

// Loads returns how often key i was loaded since Mark.
func (o *Origin) Loads(i int) uint64 { return o.loads[i].Load() }

// All returns the number of loads since the start.
func (o *Origin) All() uint64 { return o.all.Load() }

// Most returns how many loads ran at once at most, since Mark.
func (o *Origin) Most() int64 { return o.most.Load() }

func (o *Origin) serve(w http.ResponseWriter, r *http.Request) {
	_, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	i, ok := o.truth.Index(name)
	if !ok {
		http.NotFound(w, r)
		return
	}
	value := o.truth.Value(i, o.truth.Newest(i)) // as it was when it was asked for, however long the answer takes
	o.count(i)
	defer o.running.Add(-1)
	if !o.wait(r) {
		return
	}
	if o.breaks.Load() { // in the middle of the answer: before it, clients would ask again by themselves
		w.Header().Set("Content-Length", strconv.Itoa(len(value)))
		w.Write(value[:len(value)/2])
		_ = http.NewResponseController(w).Flush() // the connection's end is an end as well
		panic(http.ErrAbortHandler)
	}
	if code := int(o.status.Load()); code != 0 {
		http.Error(w, "told to fail", code)
		return
	}
	if life := o.mortal.Life; life > 0 && i >= o.mortal.From {
		w.Header().Set("Cache-Control", fmt.Sprintf("max-age=%d", int(life.Seconds())))
	}
	w.Write(value)
}

func (o *Origin) count(i int) {
	o.all.Add(1)
	o.loads[i].Add(1)
	running := o.running.Add(1)
	for most := o.most.Load(); running > most && !o.most.CompareAndSwap(most, running); {
		most = o.most.Load()
	}
}

// wait returns false if the asker has left meanwhile.
func (o *Origin) wait(r *http.Request) bool {
	d := time.Duration(o.delay.Load())
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
