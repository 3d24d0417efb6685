package transport_test

import (
	"bytes"
	"context"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/p2pcache/p2pcache/transport"
	"github.com/p2pcache/p2pcache/transport/internal/pb"
)

// echoKeys answers with each key as its value.
func echoKeys(_ context.Context, r transport.Request) transport.Response {
	var resp transport.Response
	for _, key := range r.Keys {
		resp.Items = append(resp.Items, transport.Response{Value: []byte(key)})
	}
	return resp
}

func TestItemsArriveAsTheyWereSent(t *testing.T) {
	items := []transport.Response{
		{Value: []byte("630"), TTL: time.Minute, Version: math.MaxUint64, MinuteQPS: 2.5, Hit: true, Source: "local"},
		{},
		{Code: transport.NotFound, Text: "not found"},
		{Code: transport.Origin, Text: "\xff\x00"},
		{Value: bytes.Repeat([]byte("x"), 1<<20), TTL: time.Millisecond},
	}
	everyWay(t, func(t *testing.T, dial dialer) {
		c := dial(t, answer(transport.Response{Items: items}))
		for _, peer := range []bool{false, true} {
			resp := must(t, c, transport.Request{Op: transport.GetMany, Group: "g", Keys: make([]string, len(items)), Peer: peer})
			for i, want := range items {
				if peer {
					want.Hit, want.Source = false, ""
				} else {
					want.Version = 0
				}
				if got := resp.Items[i]; !reflect.DeepEqual(got, want) {
					t.Errorf("peer %v: item %d arrived as\n%.200v, was sent as\n%.200v", peer, i, got, want)
				}
			}
		}
	})
}

func TestTooManyKeysAreRefused(t *testing.T) {
	everyWay(t, func(t *testing.T, dial dialer) {
		c := dial(t, &handler{serve: echoKeys})
		keys := make([]string, transport.MaxKeys)
		if resp := must(t, c, transport.Request{Op: transport.GetMany, Group: "g", Keys: keys}); len(resp.Items) != len(keys) {
			t.Errorf("%v %s: %d items", resp.Code, resp.Text, len(resp.Items))
		}
		for _, bad := range [][]string{nil, make([]string, transport.MaxKeys+1)} {
			resp := must(t, c, transport.Request{Op: transport.GetMany, Group: "g", Keys: bad})
			if resp.Code != transport.BadRequest {
				t.Errorf("%d keys: %v %s", len(bad), resp.Code, resp.Text)
			}
		}
		resp := must(t, c, transport.Request{Op: transport.GetMany, Group: "g", Keys: []string{strings.Repeat("k", 4<<20)}})
		if resp.Code != transport.TooLarge {
			t.Errorf("a key of 4 MiB: %v %s", resp.Code, resp.Text)
		}
		if resp := must(t, c, transport.Request{Op: transport.GetMany, Group: "none", Keys: keys}); resp.Code != transport.UnknownGroup {
			t.Errorf("no such group: %v %s", resp.Code, resp.Text)
		}
	})
}

func TestAReplyToManyKeysHasALimit(t *testing.T) {
	for _, plain := range []bool{false, true} {
		h := &handler{serve: func(_ context.Context, r transport.Request) transport.Response {
			items := make([]transport.Response, len(r.Keys))
			for i := range items {
				items[i].Value = make([]byte, len(r.Keys[i])<<20)
			}
			return transport.Response{Items: items}
		}}
		c := connect(t, transport.ClientConfig{Addr: serve(t, transport.ServerConfig{Handler: h}), Plain: plain})
		for _, test := range []struct {
			keys []string // each as long as its value in MiB
			want string   // of each, whether it comes
		}{
			{[]string{"7777777", "7777777", "333", "1"}, "yy-y"},
			{[]string{strings.Repeat("x", 17), "1", "1"}, "y--"},
		} {
			resp := must(t, c, transport.Request{Op: transport.GetMany, Group: "g", Keys: test.keys})
			got := ""
			for i, item := range resp.Items {
				switch {
				case item.Code == transport.OK && len(item.Value) == len(test.keys[i])<<20:
					got += "y"
				case item.Code == transport.Omitted && item.Value == nil:
					got += "-"
				}
			}
			if got != test.want {
				t.Errorf("%q: got %q, want %q", test.keys, got, test.want)
			}
		}
		big := transport.Request{Op: transport.GetMany, Group: "g", Keys: []string{"22"}, MaxReply: 1 << 20}
		if resp, err := c.Do(within(t), big); err == nil {
			t.Errorf("a reply beyond its limit was taken: %v", resp.Code)
		}
	}
}

func TestAReplyWithoutAnItemForEachKeyIsNoReply(t *testing.T) {
	everyWay(t, func(t *testing.T, dial dialer) {
		c := dial(t, answer(transport.Response{Items: make([]transport.Response, 2)}))
		for _, keys := range [][]string{{"a"}, {"a", "b", "c"}} {
			if resp, err := c.Do(within(t), transport.Request{Op: transport.GetMany, Group: "g", Keys: keys}); err == nil {
				t.Errorf("%d keys got %d items", len(keys), len(resp.Items))
			}
		}
	})
}

// TestMessagesAreThoseOfTheProtocol compares what is written by hand with what protoc makes of the protocol's definition.
func TestMessagesAreThoseOfTheProtocol(t *testing.T) {
	items := []transport.Response{
		{Value: []byte("v"), TTL: time.Second, Version: 7, MinuteQPS: 2.5},
		{Code: transport.Omitted, Text: "why", Hit: true, Source: "local"},
	}
	var got pb.Replies
	if err := proto.Unmarshal(append(
		transport.AppendReplies(nil, items[:1], true), transport.AppendReplies(nil, items[1:], false)...), &got); err != nil {
		t.Fatal(err)
	}
	want := &pb.Replies{Items: []*pb.Reply{
		{Value: []byte("v"), TtlMs: 1000, Version: 7, MinuteQps: 2.5},
		{Code: uint32(pb.Code_OMITTED), Text: []byte("why"), Hit: true, Source: []byte("local")},
	}}
	if !proto.Equal(&got, want) {
		t.Errorf("got %v, want %v", &got, want)
	}
	for _, code := range transport.Codes() {
		name := strings.ReplaceAll(strings.ToLower(pb.Code(code).String()), "_", "-")
		if name != code.String() {
			t.Errorf("code %d is %v here and %s in the protocol", code, code, name)
		}
	}
}

func FuzzReplies(f *testing.F) {
	f.Add(transport.AppendReplies(nil, []transport.Response{{Value: []byte("v"), TTL: time.Hour, MinuteQPS: 1}, {Code: 3}}, true))
	f.Add([]byte{0x0a, 0x03, 0x18, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		var want pb.Replies
		theirs := proto.Unmarshal(b, &want)
		got, ours := transport.ParseReplies(b, len(want.Items))
		if theirs == nil && ours != nil {
			t.Fatalf("refused: %v", ours)
		}
		for i := range got {
			if theirs == nil && !bytes.Equal(got[i].Value, want.Items[i].Value) || got[i].TTL < 0 || !(got[i].MinuteQPS >= 0) {
				t.Fatalf("read %+v for %v", got[i], want.Items[i])
			}
		}
	})
}

func TestKeysAreRotatedUnderWay(t *testing.T) {
	s := transport.NewServer(transport.ServerConfig{Handler: &handler{}, Key: []byte("old")})
	c := connect(t, transport.ClientConfig{Addr: start(t, s), Key: []byte("old")})
	write := transport.Request{Op: transport.Remove, Group: "g", Key: "k", Peer: true}
	for _, step := range []struct {
		what string
		do   func()
		want transport.Code
	}{
		{"at first", func() {}, transport.OK},
		{"the server accepts both", func() { s.SetKeys([]byte("old"), []byte("new")) }, transport.OK},
		{"the client uses the new one", func() { c.SetKeys([]byte("new"), []byte("old")) }, transport.OK},
		{"the server uses the new one", func() { s.SetKeys([]byte("new"), []byte("old")) }, transport.OK},
		{"the old one is gone", func() { s.SetKeys([]byte("new")) }, transport.OK},
		{"the client uses the old one", func() { c.SetKeys([]byte("old")) }, transport.Unauthorized},
		{"the client uses none", func() { c.SetKeys(nil) }, transport.Unauthorized},
		{"the server asks for none", func() { s.SetKeys(nil) }, transport.OK},
	} {
		step.do()
		resp, err := c.Do(within(t), write)
		if err != nil && step.want == transport.Unauthorized {
			continue // a client with a key refuses a member that does not know it
		}
		if resp.Code != step.want || err != nil {
			t.Errorf("%s: got %v %s %v", step.what, resp.Code, resp.Text, err)
		}
	}
}
