package transport_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// fixed is a Handler that answers every request alike, and keeps nothing.
type fixed transport.Response

func (fixed) MaxValueBytes(string) (int, bool) { return 64 << 20, true }

func (f fixed) Serve(context.Context, transport.Request) transport.Response {
	return transport.Response(f)
}

// atOnce is a Handler that answers every Get at once.
type atOnce struct{ fixed }

func (a atOnce) ServeCached(transport.Request) (transport.Response, bool) {
	return transport.Response(a.fixed), true
}

// BenchmarkGet asks a server in this process for one value, over loopback: in frames, with the value at hand and not, and in
// plain HTTP.
func BenchmarkGet(b *testing.B) {
	for _, test := range []struct{ size, callers int }{
		{100, 1}, {100, 2}, {100, 8}, {100, 64}, {100, 256}, {10 << 10, 64}, {1 << 20, 1}, {1 << 20, 64}, {16 << 20, 1},
	} {
		h := fixed{Value: make([]byte, test.size), TTL: time.Minute}
		for _, way := range []struct {
			name    string
			handler transport.Handler
			plain   bool
		}{{"atOnce", atOnce{h}, false}, {"served", h, false}, {"plain", h, true}} {
			b.Run(fmt.Sprintf("%dB/%d/%s", test.size, test.callers, way.name), func(b *testing.B) {
				addr := serve(b, transport.ServerConfig{Handler: way.handler})
				c := connect(b, transport.ClientConfig{Addr: addr, Plain: way.plain})
				b.SetBytes(int64(test.size))
				b.ReportAllocs()
				ctx := b.Context()
				share(b, test.callers, func() error {
					_, err := c.Do(ctx, transport.Request{Group: "g", Key: "k", Peer: true})
					return err
				})
			})
		}
	}
}

// BenchmarkSet stores values, signed and not.
func BenchmarkSet(b *testing.B) {
	for _, key := range []string{"", "k"} {
		for _, size := range []int{100, 1 << 20} {
			b.Run(fmt.Sprintf("%dB/key=%q", size, key), func(b *testing.B) {
				addr := serve(b, transport.ServerConfig{Handler: fixed{}, Key: []byte(key)})
				c := connect(b, transport.ClientConfig{Addr: addr, Key: []byte(key)})
				r := transport.Request{Op: transport.Set, Group: "g", Key: "k", Value: make([]byte, size), Peer: true}
				b.SetBytes(int64(size))
				b.ReportAllocs()
				share(b, 1, func() error { _, err := c.Do(context.Background(), r); return err })
			})
		}
	}
}

// share has callers do b.N times what call does.
func share(b *testing.B, callers int, call func() error) {
	var left atomic.Int64
	left.Store(int64(b.N))
	var running sync.WaitGroup
	b.ResetTimer()
	for range callers {
		running.Go(func() {
			for left.Add(-1) >= 0 {
				if err := call(); err != nil {
					b.Error(err)
				}
			}
		})
	}
	running.Wait()
}

func BenchmarkAppendEscaped(b *testing.B) {
	dst := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		dst = transport.AppendEscaped(dst[:0], "user/12345 ü")
	}
}
