package transport_test

import (
	"context"
	"fmt"
	"net"

	"github.com/p2pcache/p2pcache/transport"
)

// scores is a Handler that knows one key.
type scores struct{}

func (scores) MaxValueBytes(group string) (int, bool) { return 1 << 20, group == "scores" }

func (scores) Serve(_ context.Context, r transport.Request) transport.Response {
	if r.Group != "scores" || r.Key != "Tom" {
		return transport.Response{Code: transport.NotFound, Text: "nobody of that name"}
	}
	return transport.Response{Value: []byte("630")}
}

// A Client asks a Server that it knows the address of.
func Example() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	server := transport.NewServer(transport.ServerConfig{Handler: scores{}})
	server.Start(l)
	defer server.Close()

	client := transport.NewClient(transport.ClientConfig{Addr: l.Addr().String()})
	defer client.Close()
	for _, name := range []string{"Tom", "Nobody"} {
		resp, err := client.Do(context.Background(), transport.Request{Group: "scores", Key: name})
		fmt.Println(resp.Code, string(resp.Value), resp.Text, err)
	}
	// Output:
	// ok 630  <nil>
	// not-found  nobody of that name <nil>
}
