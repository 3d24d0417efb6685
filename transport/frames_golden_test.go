package transport_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/p2pcache/p2pcache/transport"
	"github.com/p2pcache/p2pcache/transport/internal/pb"
)

var (
	aRequest = transport.Request{
		Op: transport.Set, Group: "scores", Key: "Tom\x00", Value: []byte("630"), TTL: time.Minute, Peer: true, Version: 1795159980123456789,
	}
	aTracedRequest = transport.Request{Group: "scores", Key: "Tom", Peer: true, Trace: someTrace}

	aReply = transport.Response{Value: []byte("630"), TTL: time.Second, Version: 7, MinuteQPS: 2.5, Hit: true, Source: "local"}
)

// TestGoldenFrames pins the frames, as TestGoldenWire does plain HTTP.
func TestGoldenFrames(t *testing.T) {
	const path = "testdata/frames.golden"
	h := transport.Handshake{Host: "10.0.0.1:9999", Session: "SESSION", ClientNonce: "CLIENT", ServerNonce: "SERVER"}
	first := h
	first.Session = ""
	many := transport.Request{Op: transport.GetMany, Group: "scores", Keys: []string{"Tom", ""}, CachedOnly: true}
	var got bytes.Buffer
	for _, line := range []struct {
		what  string
		bytes []byte
	}{
		{"upgrade", []byte(first.Request())},
		{"upgrade of a further lane", []byte(h.Request())},
		{"welcome", h.Welcome("")},
		{"welcome with a key", h.Welcome("secret")},
		{"proof", transport.AppendProof(nil, h.ClientProof("secret"))},
		{"get", transport.AppendRequest(nil, 4097, transport.Request{Group: "scores", Key: "Tom", Peer: true}, time.Second)},
		{"get of a trace", transport.AppendRequest(nil, 4097, aTracedRequest, time.Second)},
		{"set", transport.AppendRequest(nil, 1, aRequest, 0)},
		{"remove", transport.AppendRequest(nil, 2, transport.Request{Op: transport.Remove, Group: "scores", Key: "Tom"}, 0)},
		{"purge", transport.AppendRequest(nil, 3, transport.Request{Op: transport.Purge, Group: "scores", Peer: true, Version: 7}, 0)},
		{"get many", transport.AppendRequest(nil, 4, many, time.Hour)},
		{"reply to a peer", transport.AppendReplyTo(nil, 4097, aReply, true)},
		{"reply to a client", transport.AppendReplyTo(nil, 4097, aReply, false)},
		{"error", transport.AppendReplyTo(nil, 1, transport.Response{Code: transport.Origin, Text: "down"}, true)},
		{"cancel", transport.AppendSignal(nil, kindCancel, 4097)},
		{"ping", transport.AppendSignal(nil, kindPing, 1)},
		{"pong", transport.AppendSignal(nil, kindPong, 1)},
		{"go away", transport.AppendSignal(nil, kindGoAway, 0)},
		{"large", transport.AppendSignal(nil, kindLarge, 4097)},
	} {
		fmt.Fprintf(&got, "%s: %q\n", line.what, line.bytes)
	}
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got\n%s\nwant\n%s", got.Bytes(), want)
	}
}

// TestFramesAreThoseOfTheProtocol compares what is written by hand with what protoc makes of the protocol's definition.
func TestFramesAreThoseOfTheProtocol(t *testing.T) {
	var request, traced pb.Request
	var reply pb.Reply
	var signal pb.Signal
	var proof pb.Proof
	for _, test := range []struct {
		frame []byte
		kind  pb.Kind
		got   proto.Message
		want  proto.Message
	}{
		{transport.AppendRequest(nil, 9, aRequest, time.Second), pb.Kind_REQUEST, &request, &pb.Request{
			Id: 9, Op: uint32(pb.Op_SET), Group: []byte("scores"), Key: []byte("Tom\x00"), TimeoutMs: 1000, TtlMs: 60000, Peer: true,
			Version: aRequest.Version, Value: []byte("630"),
		}},
		{transport.AppendRequest(nil, 9, aTracedRequest, 0), pb.Kind_REQUEST, &traced, &pb.Request{
			Id: 9, Group: []byte("scores"), Key: []byte("Tom"), Peer: true, Trace: []byte(someTrace),
		}},
		{transport.AppendReplyTo(nil, 9, aReply, true), pb.Kind_REPLY, &reply, &pb.Reply{
			Id: 9, TtlMs: 1000, Version: 7, MinuteQps: 2.5, Value: []byte("630"),
		}},
		{transport.AppendSignal(nil, kindCancel, 300), pb.Kind_CANCEL, &signal, &pb.Signal{Number: 300}},
		{transport.AppendProof(nil, []byte("mac")), pb.Kind_PROOF, &proof, &pb.Proof{Mac: []byte("mac")}},
	} {
		kind, message, err := readFrame(bytes.NewReader(test.frame))
		if err == nil {
			err = proto.Unmarshal(message, test.got)
		}
		if err != nil || kind != byte(test.kind) || !proto.Equal(test.got, test.want) {
			t.Errorf("got %d %v (%v), want %d %v", kind, test.got, err, test.kind, test.want)
		}
	}
}
