package transport_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

var update = flag.Bool("update", false, "write testdata instead of comparing with it")

// TestGoldenWire pins what goes over the wire for all versions to come. If it fails, members of different versions would not
// understand each other: mend the code, not the file.
func TestGoldenWire(t *testing.T) {
	const path = "testdata/wire.golden"
	var wire tape
	synctest.Test(t, func(t *testing.T) { // where time begins at a fixed second
		l := newPipes()
		s := transport.NewServer(transport.ServerConfig{Handler: goldenHandler(), Member: "a"})
		s.Start(l)
		defer s.Close()
		record(t, l, &wire)
		recordSignatures(&wire)
	})
	if *update {
		if err := os.WriteFile(path, wire.text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, lines := bytes.Split(wire.text.Bytes(), []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range min(len(got), len(lines)) {
		if !bytes.Equal(got[i], lines[i]) {
			t.Fatalf("%s:%d: got\n%s\nwant\n%s", path, i+1, got[i], lines[i])
		}
	}
	if len(got) != len(lines) {
		t.Errorf("%d lines, %s has %d", len(got), path, len(lines))
	}
}

func goldenHandler() *handler {
	return &handler{serve: func(_ context.Context, r transport.Request) transport.Response {
		if r.Op == transport.GetMany {
			absent := transport.Response{Code: transport.NotFound, Text: "not found"}
			return transport.Response{Items: []transport.Response{tom, {}, absent}[:len(r.Keys)]}
		}
		switch r.Key {
		case "absent":
			return transport.Response{Code: transport.NotFound, Text: "not found"}
		case "busy":
			return transport.Response{Code: transport.Overloaded, Text: "too many loads"}
		case "forever":
			return transport.Response{Value: []byte("630"), Source: "origin"}
		}
		return tom
	}}
}

// record has a client send each request, and plain HTTP those that no Client sends.
func record(t *testing.T, l *pipes, wire *tape) {
	c := transport.NewClient(transport.ClientConfig{Addr: "pipes:0", Plain: true})
	defer c.Close()
	c.DialWith(func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := l.dial(ctx, network, addr)
		return &taped{conn, wire}, err
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, r := range []transport.Request{
		{Group: "scores", Key: "Tom"},
		{Group: "a/b", Key: "../käse +%\x00", Peer: true, CachedOnly: true},
		{Group: "scores", Key: "forever", Peer: true},
		{Group: "scores", Key: "absent", Peer: true},
		{Group: "scores", Key: "busy"},
		{Op: transport.Set, Group: "scores", Key: "", Value: []byte("v"), TTL: time.Second},
		{Op: transport.Set, Group: "scores", Key: "Tom", Peer: true, Version: 1795159980123456789},
		{Op: transport.Remove, Group: "scores", Key: "Tom", Peer: true},
		{Op: transport.Purge, Group: "scores"},
		{Op: transport.Get, Key: "no group"},
		{Op: transport.GetMany, Group: "scores", Keys: []string{"Tom", "", "absent"}},
		{Op: transport.GetMany, Group: "scores", Keys: []string{"Tom"}, Peer: true},
		aTracedRequest,
	} {
		if _, err := c.Do(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	for _, request := range []string{
		"GET /_gocache/scores/Tom HTTP/1.1\r\nHost: x\r\nAccept: application/x-protobuf\r\nConnection: close\r\n\r\n",
		"GET /_gocache/scores/forever HTTP/1.1\r\nHost: x\r\nAccept: application/x-protobuf\r\nConnection: close\r\n\r\n",
		"HEAD /_gocache/scores/Tom HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"PATCH /_gocache/scores HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	} {
		conn, err := l.dial(ctx, "", "")
		if err != nil {
			t.Fatal(err)
		}
		taped := taped{conn, wire}
		taped.Write([]byte(request))
		for buf := make([]byte, 4096); err == nil; {
			_, err = taped.Read(buf)
		}
		conn.Close()
	}
}

// recordSignatures puts on tape what a signer says of two writes and a read.
func recordSignatures(wire *tape) {
	s := transport.NewSigner("secret").In("SESSION")
	for _, method := range []string{"PUT", "DELETE", "GET"} {
		r := httptest.NewRequest(method, "/_gocache/a%2Fb/k", nil)
		for _, field := range []string{"Gocache-Hop", "Gocache-Ttl", "Cache-Control", "Gocache-Version"} {
			r.Header.Set(field, "of "+field)
		}
		s.Sign(r, "body")
		wire.add('>', []byte(method+" is signed "+r.Header.Get("Gocache-Auth")))
	}
}

// tape is what went over connections: each line that was written behind ">", and what was read behind "<".
type tape struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (w *tape) add(side byte, b []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for line := range bytes.Lines(b) {
		fmt.Fprintf(&w.text, "%c %q\n", side, line)
	}
}

// taped is a connection of a client that goes on tape.
type taped struct {
	net.Conn
	tape *tape
}

// Read implements net.Conn.
func (c *taped) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.tape.add('<', b[:n])
	return n, err
}

// Write implements net.Conn.
func (c *taped) Write(b []byte) (int, error) {
	c.tape.add('>', b)
	return c.Conn.Write(b)
}
