package transport_test

import (
	"math"
	"net/http"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/p2pcache/p2pcache/transport"
	"github.com/p2pcache/p2pcache/transport/internal/pb"
)

func TestGroupcachesRepliesAreReadWhereThatIsAskedFor(t *testing.T) {
	body, err := proto.Marshal(&pb.GetResponse{Value: []byte("630"), MinuteQps: 2.5, Expire: math.MaxInt64})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		reply string
		want  transport.Response
	}{
		{"200 OK\r\nContent-Type: application/x-protobuf\r\n\r\n" + string(body), transport.Response{Value: []byte("630"), MinuteQPS: 2.5}},
		{"200 OK\r\nContent-Type: application/x-protobuf\r\n\r\n", transport.Response{}},
		{"404 Not Found\r\n\r\nno such group: g\n", transport.Response{Code: transport.UnknownGroup, Text: "no such group: g"}},
		{"500 Internal Server Error\r\n\r\ndown\n", transport.Response{Code: transport.Origin, Text: "down"}},
	} {
		addr := strange(t, func(r *http.Request) string {
			if r.Header.Get("Upgrade") != "" {
				return "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
			}
			return "HTTP/1.1 " + withLength(test.reply)
		})
		c := connect(t, transport.ClientConfig{Addr: addr, GroupcacheCompat: true})
		got := must(t, c, transport.Request{Group: "g", Peer: true})
		if got.Code != test.want.Code || got.Text != test.want.Text || string(got.Value) != string(test.want.Value) || got.MinuteQPS != test.want.MinuteQPS {
			t.Errorf("%.60q: got %+v", test.reply, got)
		}
		strict := connect(t, transport.ClientConfig{Addr: addr})
		if resp, err := strict.Do(within(t), transport.Request{Group: "g", Peer: true}); err == nil {
			t.Errorf("%.60q: got %v without being asked for", test.reply, resp.Code)
		}
	}
}

func FuzzGroupcache(f *testing.F) {
	f.Add([]byte{0x0a, 1, 'v', 0x18, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		var want pb.GetResponse
		theirs := proto.Unmarshal(b, &want)
		got, ours := transport.ParseGroupcache(b, time.Unix(0, 0))
		if theirs == nil && (ours != nil || string(got.Value) != string(want.Value)) || got.TTL < 0 || !(got.MinuteQPS >= 0) {
			t.Fatalf("read %+v, %v for %v", got, ours, &want)
		}
		if theirs == nil && want.Expire > 0 && got.TTL <= 0 {
			t.Fatalf("%d is a life of %v", want.Expire, got.TTL)
		}
	})
}
