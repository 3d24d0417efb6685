// Command sqlite is an HTTP API in front of a SQLite database. Any number of its processes share one cache: each user is read
// from the database once, and a change is seen by all of them at once.
//
//	go run ./sqlite -db /tmp/users.db -api 127.0.0.1:8080 -gossip 127.0.0.1:7946
//	go run ./sqlite -db /tmp/users.db -api 127.0.0.1:8081 -gossip 127.0.0.1:7947 -join 127.0.0.1:7946
//	curl -X PUT -d '{"name":"Tom","score":630}' http://127.0.0.1:8080/users/1
//	curl http://127.0.0.1:8081/users/1
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/p2pcache/p2pcache/node"
)

func main() {
	db := flag.String("db", "users.db", "the database file")
	api := flag.String("api", "127.0.0.1:8080", "address of the API")
	gossip := flag.String("gossip", "127.0.0.1:7946", "address of gossip")
	join := flag.String("join", "", "gossip addresses of other processes, with commas between")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *db, *api, *gossip, *join); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, path, apiAddr, gossip, join string) error {
	users, err := openUsers(path)
	if err != nil {
		return err
	}
	defer users.Close()

	n, err := node.New(node.Config{Listen: "127.0.0.1:0", Gossip: gossip})
	if err != nil {
		return err
	}
	defer n.Close()
	cached, err := n.NewGroup("users", node.GroupConfig{MaxBytes: 64 << 20, TTL: time.Minute, NegativeTTL: time.Second, Load: users.load})
	if err != nil {
		return err
	}
	if join != "" {
		if err := n.Join(ctx, strings.Split(join, ",")...); err != nil {
			log.Print("nobody there yet, trying on: ", err)
		}
	}
	return serve(ctx, n, apiAddr, api{users, cached})
}

// serve answers until ctx ends; then the node hands over what it holds and leaves.
func serve(ctx context.Context, n *node.Node, addr string, a api) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: a.handler(), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Fprintln(os.Stdout, "ready", "http://"+listener.Addr().String(), n.Self().GossipAddr)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return errors.Join(server.Shutdown(limit), n.Leave(limit))
}
