package peer

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/golang/groupcache"
)

// manyIdle is more connections to one peer than there ever are callers.
const manyIdle = 1024

// family is golang/groupcache over its own HTTPPool.
type family struct {
	address string // its base URL
	pool    *groupcache.HTTPPool
	group   *groupcache.Group
	server  *http.Server
}

type transportKey struct{}

// WithDefaultTransport makes a groupcache peer fetch as it does where nobody has tuned it: with Go's default transport, which
// keeps two idle connections. Without it, all connections are kept.
func WithDefaultTransport(ctx context.Context) context.Context {
	return context.WithValue(ctx, transportKey{}, http.DefaultTransport)
}

func newGroupcache(config Config) (Peer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := family{address: "http://" + listener.Addr().String()}
	f.pool = groupcache.NewHTTPPoolOpts(f.address, &groupcache.HTTPPoolOptions{BasePath: "/_gocache/"})
	tuned := &http.Transport{MaxIdleConnsPerHost: manyIdle, DisableCompression: true}
	f.pool.Transport = func(ctx context.Context) http.RoundTripper {
		if chosen, ok := ctx.Value(transportKey{}).(http.RoundTripper); ok {
			return chosen
		}
		return tuned
	}
	getter := func(ctx context.Context, key string, dest groupcache.Sink) error {
		data, err := config.Load(ctx, key)
		if err != nil {
			return err
		}
		return dest.SetBytes(data)
	}
	f.group = groupcache.NewGroup(Group, config.CacheBytes, groupcache.GetterFunc(getter))
	f.server = &http.Server{Handler: f.pool}
	go f.server.Serve(listener) //nolint:errcheck // ends by Close
	return f, nil
}

func (f family) Kind() string    { return Groupcache }
func (f family) Address() string { return f.address }
func (f family) URL() string     { return f.address + "/_gocache/" + Group + "/" }

func (f family) Meet(_ context.Context, addresses []string) error {
	f.pool.Set(addresses...)
	return nil
}

func (f family) Get(ctx context.Context, key string) (int, error) {
	var view groupcache.ByteView
	err := f.group.Get(ctx, key, groupcache.ByteViewSink(&view))
	return view.Len(), err
}

// GetMany gets the keys at once, one by one: groupcache has no request for many.
func (f family) GetMany(ctx context.Context, keys []string) (int, error) {
	var gets sync.WaitGroup
	var sum atomic.Int64
	errs := make(chan error, len(keys))
	for _, key := range keys {
		gets.Go(func() {
			length, err := f.Get(ctx, key)
			if err != nil {
				errs <- err
			}
			sum.Add(int64(length))
		})
	}
	gets.Wait()
	close(errs)
	return int(sum.Load()), <-errs
}

func (f family) Owns(key string) bool {
	_, remote := f.pool.PickPeer(key)
	return !remote
}

func (f family) Close() { f.server.Close() }
