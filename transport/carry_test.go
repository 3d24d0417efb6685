package transport_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

func itoa(n int) string { return strconv.Itoa(n) }

// dialer connects a client to a server of h, in one of the ways there are.
type dialer func(testing.TB, *handler) *transport.Client

// everyWay runs a test over each way that client and server may be connected.
func everyWay(t *testing.T, test func(*testing.T, dialer)) {
	server, client := certificates(t)
	for name, way := range map[string]struct {
		s transport.ServerConfig
		c transport.ClientConfig
	}{
		"frames":        {},
		"frames/TLS":    {transport.ServerConfig{TLS: server}, transport.ClientConfig{TLS: client}},
		"frames/signed": {transport.ServerConfig{Key: []byte("k")}, transport.ClientConfig{Key: []byte("k")}},
		"plain":         {transport.ServerConfig{}, transport.ClientConfig{Plain: true}},
		"plain/TLS":     {transport.ServerConfig{TLS: server}, transport.ClientConfig{TLS: client, Plain: true}},
		"plain/signed":  {transport.ServerConfig{Key: []byte("k")}, transport.ClientConfig{Key: []byte("k"), Plain: true}},
		"plain/compat":  {transport.ServerConfig{GroupcacheCompat: true}, transport.ClientConfig{Plain: true}},
	} {
		t.Run(name, func(t *testing.T) {
			test(t, func(tb testing.TB, h *handler) *transport.Client {
				way.s.Handler = h
				way.c.Addr = serve(tb, way.s)
				return connect(tb, way.c)
			})
		})
	}
}

func TestRequestsArriveAsTheyWereSent(t *testing.T) {
	requests := []transport.Request{
		{Op: transport.Get, Group: "g", Key: "k"},
		{Op: transport.Get, Group: "g", Key: "k", Peer: true},
		{Op: transport.Get, Group: "g", Key: "k", Peer: true, CachedOnly: true},
		{Op: transport.Get, Group: "g", Key: "k", CachedOnly: true},
		{Op: transport.Set, Group: "g", Key: "k", Value: []byte("v")},
		{Op: transport.Set, Group: "g", Key: "k", Value: []byte{}},
		{Op: transport.Set, Group: "g", Key: "k", Value: []byte("v"), TTL: time.Minute},
		{Op: transport.Set, Group: "g", Key: "k", Value: []byte("v"), TTL: 3 * time.Millisecond, Peer: true, Version: math.MaxUint64},
		{Op: transport.Remove, Group: "g", Key: "k"},
		{Op: transport.Remove, Group: "g", Key: "k", Peer: true},
		{Op: transport.Remove, Group: "g", Key: "k", Peer: true, Version: 7},
		{Op: transport.GetMany, Group: "g", Keys: []string{"a", "", "\xff/\x00"}},
		{Op: transport.GetMany, Group: "g", Keys: []string{"a"}, Peer: true, CachedOnly: true},
		{Op: transport.Purge, Group: "g"},
		{Op: transport.Purge, Group: "g", Peer: true},
	}
	everyWay(t, func(t *testing.T, dial dialer) {
		h := &handler{serve: echoKeys}
		c := dial(t, h)
		for i, want := range requests {
			if resp := must(t, c, want); resp.Code != transport.OK {
				t.Errorf("%+v: %v %s", want, resp.Code, resp.Text)
			}
			got, n := h.last()
			if got.At.IsZero() {
				t.Errorf("request %d has no time", n)
			}
			got.At = want.At
			if n != i+1 || !reflect.DeepEqual(got, want) {
				t.Errorf("request %d of %d arrived as\n%+v, was sent as\n%+v", n, i+1, got, want)
			}
		}
	})
}

func TestValuesArriveAsTheyWereSent(t *testing.T) {
	everyWay(t, func(t *testing.T, dial dialer) {
		var held atomic.Value
		h := &handler{serve: func(_ context.Context, r transport.Request) transport.Response {
			if r.Op == transport.Set {
				held.Store(r.Value)
				return transport.Response{}
			}
			return transport.Response{Value: held.Load().([]byte)}
		}}
		c := dial(t, h)
		for _, size := range []int{0, 1, 100, 4 << 10, 256 << 10, 256<<10 + 1, 1 << 20, 1<<20 + 1, 5<<20 + 7, 32<<10 - 1, 32 << 10, 64 << 10} {
			value := bytes.Repeat([]byte("0123456\x00\xff"), size/9+1)[:size]
			must(t, c, transport.Request{Op: transport.Set, Group: "g", Key: "k", Value: value})
			if got, _ := h.last(); !bytes.Equal(got.Value, value) {
				t.Errorf("a value of %d bytes arrived with %d, or others", size, len(got.Value))
			}
			if got := must(t, c, transport.Request{Group: "g", Key: "k"}).Value; !bytes.Equal(got, value) {
				t.Errorf("a value of %d bytes was answered with %d, or others", size, len(got))
			}
		}
	})
}

// keys are those that other caches are known to lose or to mix up.
func keys() []string {
	every := make([]byte, 4<<10)
	for i := range every {
		every[i] = byte(i)
	}
	return []string{
		"", "/", "//", "a/", "/a", "a//b", ".", "..", "...", "../x", "x/../y", "./x", "a.b", "a+b", "+", "%", "%2F", "%2f", "%zz",
		"a b", " ", "\x00", "\n", "\r\nX: y", "?", "a?b=c", "#", "\xff\xfe", "käse", "\u2028", `"`, `\`, "*", ";", "&=",
		"http://x/y", strings.Repeat("..", 99), string(every),
	}
}

func TestEveryByteStringIsAKeyAndAGroup(t *testing.T) {
	everyWay(t, func(t *testing.T, dial dialer) {
		h := &handler{}
		c := dial(t, h)
		for _, key := range keys() {
			for _, op := range []transport.Op{transport.Get, transport.Set, transport.Remove} {
				must(t, c, transport.Request{Op: op, Group: "g", Key: key})
				if got, _ := h.last(); got.Op != op || got.Group != "g" || got.Key != key {
					t.Errorf("op %d of key %.40q arrived as op %d of %q %.40q", op, key, got.Op, got.Group, got.Key)
				}
			}
			if key == "" {
				continue
			}
			for _, op := range []transport.Op{transport.Get, transport.Purge} {
				must(t, c, transport.Request{Op: op, Group: key})
				if got, _ := h.last(); got.Op != op || got.Group != key || got.Key != "" {
					t.Errorf("op %d of group %.40q arrived as op %d of %.40q %q", op, key, got.Op, got.Group, got.Key)
				}
			}
		}
	})
}

func TestAGroupHasAName(t *testing.T) {
	resp := must(t, pair(t, &handler{}), transport.Request{Key: "k"})
	if resp.Code != transport.BadRequest {
		t.Errorf("a request without a group got %v", resp.Code)
	}
}

func TestEveryCodeArrivesAsItself(t *testing.T) {
	everyWay(t, func(t *testing.T, dial dialer) {
		h := &handler{}
		c := dial(t, h)
		for _, code := range transport.Codes() {
			for _, op := range []transport.Op{transport.Get, transport.Set, transport.Remove, transport.Purge} {
				want := transport.Response{Code: code}
				if code != transport.OK {
					want.Text = "why " + code.String()
				}
				h.serve = answer(want).serve
				got := must(t, c, transport.Request{Op: op, Group: "g", Value: []byte("v")})
				if got.Code != want.Code || got.Text != want.Text {
					t.Errorf("op %d: got %v %q, want %v %q", op, got.Code, got.Text, want.Code, want.Text)
				}
			}
		}
	})
}

func TestAnyTextOfAnErrorArrives(t *testing.T) {
	h := &handler{}
	c := pair(t, h)
	long := strings.Repeat("é", transport.MaxErrorText)
	for _, text := range []string{
		"", "\n", "two\nlines\n", "\r\nGocache-Error: ok\r\n\r\n", "\x00\x1b[31m", "\xff", long[:transport.MaxErrorText], long,
	} {
		h.serve = answer(transport.Response{Code: transport.Origin, Text: text}).serve
		got := must(t, c, transport.Request{Group: "g"})
		want := text[:min(len(text), transport.MaxErrorText)]
		if got.Code != transport.Origin || got.Text != want {
			t.Errorf("text %.40q arrived as %v %.40q, %d of %d bytes", text, got.Code, got.Text, len(got.Text), len(want))
		}
	}
}

func TestRefusedLargeValuesAreToldWhy(t *testing.T) {
	everyWay(t, func(t *testing.T, dial dialer) {
		for _, size := range []int{11, 64 << 10, 256<<10 + 1, 8 << 20} {
			h := &handler{limit: 10}
			c := dial(t, h)
			value := make([]byte, size)
			resp := must(t, c, transport.Request{Op: transport.Set, Group: "g", Key: "k", Value: value})
			if resp.Code != transport.TooLarge || !strings.Contains(resp.Text, "10 bytes") {
				t.Errorf("%d bytes: got %v %q", size, resp.Code, resp.Text)
			}
			resp = must(t, c, transport.Request{Op: transport.Set, Group: "none", Key: "k", Value: value})
			if resp.Code != transport.UnknownGroup || !strings.Contains(resp.Text, `"none"`) {
				t.Errorf("%d bytes to an unknown group: got %v %q", size, resp.Code, resp.Text)
			}
			if _, n := h.last(); n != 0 {
				t.Errorf("%d bytes reached the Handler", size)
			}
		}
	})
}

func TestLivesAreRoundedUpToMilliseconds(t *testing.T) {
	h := &handler{}
	c := pair(t, h)
	for ttl, want := range map[time.Duration]time.Duration{
		0:                              0,
		1:                              time.Millisecond,
		time.Millisecond:               time.Millisecond,
		time.Millisecond + 1:           2 * time.Millisecond,
		90*time.Minute + time.Second/3: 90*time.Minute + 334*time.Millisecond,
		math.MaxInt64:                  math.MaxInt64 / time.Millisecond * time.Millisecond,
	} {
		h.serve = answer(transport.Response{TTL: ttl}).serve
		if got := must(t, c, transport.Request{Group: "g"}).TTL; got != want {
			t.Errorf("a reply's %v arrived as %v, want %v", ttl, got, want)
		}
		must(t, c, transport.Request{Op: transport.Set, Group: "g", TTL: ttl})
		if got, _ := h.last(); got.TTL != want {
			t.Errorf("a request's %v arrived as %v, want %v", ttl, got.TTL, want)
		}
	}
}

func TestTheRateOfQueriesArrives(t *testing.T) {
	h := &handler{}
	c := pair(t, h)
	for qps, want := range map[float64]float64{
		0: 0, 0.5: 0.5, 1234: 1234, 1e9: 1e9, -1: 0, math.NaN(): 0, math.Inf(1): 0, math.Inf(-1): 0,
	} {
		h.serve = answer(transport.Response{MinuteQPS: qps}).serve
		if got := must(t, c, transport.Request{Group: "g"}).MinuteQPS; got != want {
			t.Errorf("%v arrived as %v, want %v", qps, got, want)
		}
	}
}

func TestVersionsTravelBetweenMembersAlone(t *testing.T) {
	h := answer(transport.Response{Version: 9})
	c := pair(t, h)
	for _, op := range []transport.Op{transport.Get, transport.Set, transport.Remove, transport.Purge} {
		for peer, want := range map[bool]uint64{true: 9, false: 0} {
			resp := must(t, c, transport.Request{Op: op, Group: "g", Peer: peer, Version: 7})
			if asked, _ := h.last(); resp.Version != want || (asked.Version == 7) != peer {
				t.Errorf("op %d, peer %v: sent 7, arrived %d; sent 9, arrived %d", op, peer, asked.Version, resp.Version)
			}
		}
	}
}

func TestAnUnknownOpIsAnError(t *testing.T) {
	h := &handler{}
	if _, err := pair(t, h).Do(within(t), transport.Request{Op: 99, Group: "g"}); err == nil {
		t.Error("Do took it")
	}
}

func TestManyCallersShareAClient(t *testing.T) {
	everyWay(t, func(t *testing.T, dial dialer) {
		c := dial(t, &handler{serve: func(_ context.Context, r transport.Request) transport.Response {
			return transport.Response{Value: []byte(r.Key)}
		}})
		var callers sync.WaitGroup
		for i := range 16 {
			callers.Go(func() {
				for j := range 20 {
					key := fmt.Sprint(i, j)
					resp, err := c.Do(within(t), transport.Request{Op: transport.Op(j % 2 * 2), Group: "g", Key: key})
					if err != nil || resp.Code != transport.OK || j%2 == 0 && string(resp.Value) != key {
						t.Errorf("key %q: %v %q, %v", key, resp.Code, resp.Value, err)
					}
				}
			})
		}
		callers.Wait()
	})
}
