package transport

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// A member that was stopped, or whose machine hangs, keeps its connections open and answers nothing. A request cannot tell
// that from a slow origin. So while requests wait, their client asks the member for a sign of life from time to time.
const (
	// patience is how long nothing may be heard of a member before it is asked for a sign of life.
	patience = 500 * time.Millisecond

	// signTimeout is how long it then has to give one, unless a test has more time. A busy member gives it as well: it needs no
	// origin and no store.
	signTimeout = time.Second

	// givenUpFor is how long a member that gave no sign of life is not asked anything, unless it is heard of.
	givenUpFor = 2 * time.Second
)

var errSilent = errors.New("transport: the member gives no sign of life")

// watch tells whether a member still lives. It has a connection of its own, as all others may be waiting.
type watch struct {
	http   *http.Transport
	url    url.URL
	start  time.Time
	heard  atomic.Int64  // when something was last heard of the member, in ns since start
	silent atomic.Int64  // when it was last asked in vain
	asking chan struct{} // holds an element while a sign of life is waited for
	limit  time.Duration // of that
}

func newWatch(base url.URL, pool *http.Transport) *watch {
	base.Path = Prefix
	own := pool.Clone()
	own.MaxConnsPerHost = 1
	return &watch{http: own, url: base, start: time.Now(), asking: make(chan struct{}, 1), limit: signTimeout}
}

func (w *watch) now() int64 { return int64(time.Since(w.start)) }

func (w *watch) hear() { w.heard.Store(w.now()) }

// giveUp notes that the member was asked in vain.
func (w *watch) giveUp() { w.silent.Store(w.now()) }

// givenUp reports whether the member was asked in vain a moment ago.
func (w *watch) givenUp() bool {
	silent := w.silent.Load()
	return silent > w.heard.Load() && w.now()-silent < int64(givenUpFor)
}

// over ends a request with errSilent once the member gives no sign of life. It returns when the request's ctx has ended.
func (w *watch) over(ctx context.Context, end context.CancelCauseFunc) {
	tick := time.NewTicker(patience)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !w.alive(ctx) {
			end(errSilent)
			return
		}
	}
}

// alive reports whether the member gave a sign of life lately, or gives one when it is asked. One caller asks for all that
// wait. It is in favour of the member where ctx ends first.
func (w *watch) alive(ctx context.Context) bool {
	since := w.now()
	select {
	case w.asking <- struct{}{}:
		defer func() { <-w.asking }()
	case <-ctx.Done():
		return true
	}
	switch {
	case w.now()-w.heard.Load() < int64(patience):
		return true
	case w.silent.Load() >= since:
		return false
	}
	return w.ask(ctx)
}

// ask sends a request that any server answers at once.
func (w *watch) ask(ctx context.Context) bool {
	asked, cancel := context.WithCancel(ctx)
	defer cancel()
	defer afterAwake(w.limit, cancel)()
	req := (&http.Request{Method: http.MethodHead, URL: &w.url, Host: w.url.Host, Header: http.Header{}}).WithContext(asked)
	reply, err := w.http.RoundTrip(req)
	if err == nil {
		reply.Body.Close()
		w.hear()
		return true
	}
	if ctx.Err() == nil {
		w.giveUp()
		return false
	}
	return true
}
