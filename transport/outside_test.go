package transport_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/p2pcache/p2pcache/transport"
)

// TestLargeValuesOfAClientThatProvesNothing has a client on this machine, which needs no key, send and get large values.
func TestLargeValuesOfAClientThatProvesNothing(t *testing.T) {
	large := func(key string) []byte { return bytes.Repeat([]byte(key), 50<<10) }
	h := &handler{serve: func(_ context.Context, r transport.Request) transport.Response {
		switch {
		case r.Op == transport.Get:
			return transport.Response{Value: large(r.Key)}
		case !bytes.Equal(r.Value, large(r.Key)):
			return transport.Response{Code: transport.Internal, Text: "the value came as another"}
		}
		return transport.Response{}
	}}
	addr := serve(t, transport.ServerConfig{Handler: h, Key: []byte("secret")})
	c := connect(t, transport.ClientConfig{Addr: addr})
	for i := range 50 {
		key := fmt.Sprint("key-", i)
		resp := must(t, c, transport.Request{Op: transport.Set, Group: "g", Key: key, Value: large(key)})
		if resp.Code != transport.OK {
			t.Errorf("Set: %v %q", resp.Code, resp.Text)
		}
	}
	fresh := connect(t, transport.ClientConfig{Addr: addr})
	for i := range 10 {
		key := fmt.Sprint("key-", i)
		if resp := must(t, fresh, transport.Request{Group: "g", Key: key}); !bytes.Equal(resp.Value, large(key)) {
			t.Errorf("Get: %v, %d bytes", resp.Code, len(resp.Value))
		}
	}
}

// TestLargeFramesOfAStrangerThatProvesNothing has them come at once, on a lane on which a proof might have come first.
func TestLargeFramesOfAStrangerThatProvesNothing(t *testing.T) {
	h := &handler{}
	addr := serve(t, transport.ServerConfig{Handler: h, Key: []byte("secret")})
	conn, in, session := framedIn(t, addr, "")
	conn.Write(transport.AppendSignal(nil, kindPing, 1))
	lane, _, _ := framedIn(t, addr, session)
	var frames []byte
	value := bytes.Repeat([]byte("0123456789"), 20<<10)
	for id := range uint64(5) {
		frames = transport.AppendRequest(frames, id+1, transport.Request{Op: transport.Set, Group: "g", Value: value}, 0)
	}
	lane.Write(frames)
	for range 1 + 5 {
		if _, _, err := readFrame(in); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range h.asked {
		if !bytes.Equal(r.Value, value) {
			t.Errorf("a value of %d bytes came as another", len(value))
		}
	}
}
