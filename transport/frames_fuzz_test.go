package transport_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/p2pcache/p2pcache/transport"
	"github.com/p2pcache/p2pcache/transport/internal/pb"
)

func FuzzRequestMessage(f *testing.F) {
	f.Add(transport.AppendRequest(nil, 9, aRequest, time.Second)[5:])
	f.Add(transport.AppendRequest(nil, 9, aTracedRequest, time.Second)[5:])
	f.Add([]byte{0x1a, 0x03, 'a', 'b'})
	f.Fuzz(func(t *testing.T, b []byte) {
		var want pb.Request
		theirs := proto.Unmarshal(b, &want)
		got, id, timeout, ours := transport.ParseRequest(b)
		switch {
		case theirs == nil && ours != nil:
			t.Fatalf("refused: %v", ours)
		case theirs == nil && (id != want.Id || got.Group != string(want.Group) || got.Key != string(want.Key) || got.Peer != want.Peer || got.Trace != "" && got.Trace != string(want.Trace)):
			t.Fatalf("read %+v for %v", got, &want)
		case timeout < 0 || got.TTL < 0:
			t.Fatalf("timeout %v, TTL %v", timeout, got.TTL)
		}
	})
}

// FuzzFramesToAServer: whatever a client sends, the server goes on, and answers nothing but frames.
func FuzzFramesToAServer(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text)
	}
	f.Add(transport.AppendRequest(nil, 1, transport.Request{Group: "g", Key: "k"}, 0))
	f.Add(transport.AppendRequest(transport.AppendSignal(nil, kindCancel, 1), 1, aRequest, time.Second))
	f.Add(transport.AppendRequest(nil, 1, aTracedRequest, time.Second))
	f.Add(transport.AppendRequest(nil, 2, transport.Request{Op: transport.GetMany, Group: "g", Keys: []string{"a"}}, 0))
	f.Add(transport.AppendRequest(nil, 3, transport.Request{Op: transport.GetMany, Group: "g", Keys: manyOf(5, 0, "held", "miss"), Peer: true}, 0))
	l := newPipes()
	s := transport.NewServer(transport.ServerConfig{Handler: &heldMany{handler{limit: 1 << 10, serve: echoKeys}}})
	s.Start(l)
	f.Cleanup(func() { s.Close() })
	f.Fuzz(func(t *testing.T, b []byte) {
		conn, err := l.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, shake.Request())
		in := bufio.NewReader(conn)
		if _, err := http.ReadResponse(in, nil); err != nil {
			t.Fatal(err)
		}
		go func() {
			conn.Write(b)
			conn.Close() // once it was read
		}()
		for {
			kind, message, err := readFrame(in)
			if err != nil {
				break
			}
			var reply pb.Reply
			if kind != kindReply && kind != kindPong || kind == kindReply && proto.Unmarshal(message, &reply) != nil {
				t.Fatalf("answered %d %q", kind, message)
			}
		}
	})
}

// FuzzFramesToAClient: whatever a member sends, a client's requests end, and are believed only where it was a reply.
func FuzzFramesToAClient(f *testing.F) {
	f.Add(transport.AppendReplyTo(nil, 4096, tom, true))
	f.Add(transport.AppendSignal(transport.AppendSignal(nil, kindGoAway, 0), kindPing, 1))
	f.Add(transport.AppendSignal(nil, kindLarge, 4096))
	for _, text := range hostile() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l := newPipes()
		defer l.Close()
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go fool(conn, b)
			}
		}()
		c := transport.NewClient(transport.ClientConfig{Addr: "pipes:0"})
		c.DialWith(l.dial)
		defer c.Close()
		resp, err := c.Do(t.Context(), transport.Request{Group: "g"})
		if err == nil && !bytes.Contains(b, resp.Value) {
			t.Fatalf("got %v %q", resp.Code, resp.Value)
		}
	})
}

// fool upgrades a connection, and says text when it is asked something.
func fool(conn net.Conn, text []byte) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	if _, err := http.ReadRequest(in); err != nil {
		return
	}
	conn.Write(shake.Welcome(""))
	if _, _, err := readFrame(in); err == nil {
		conn.Write(text)
	}
}
