// Command thumbnails serves small versions of the pictures in a directory. To make one takes a moment of a processor, so each is
// made once for all processes, by the one that owns it, and kept in the memory of all of them together.
//
//	go run ./thumbnails -dir ~/Pictures -api 127.0.0.1:8080 -gossip 127.0.0.1:7946
//	go run ./thumbnails -dir ~/Pictures -api 127.0.0.1:8081 -gossip 127.0.0.1:7947 -join 127.0.0.1:7946
//	curl -o small.jpg http://127.0.0.1:8081/320/holiday.jpg
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
	dir := flag.String("dir", ".", "where the pictures are")
	api := flag.String("api", "127.0.0.1:8080", "address to serve on")
	gossip := flag.String("gossip", "127.0.0.1:7946", "address of gossip")
	join := flag.String("join", "", "gossip addresses of other processes, with commas between")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *dir, *api, *gossip, *join); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, dir, addr, gossip, join string) error {
	pictures, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer pictures.Close()

	n, err := node.New(node.Config{Listen: "127.0.0.1:0", Gossip: gossip})
	if err != nil {
		return err
	}
	defer n.Close()
	thumbnails, err := n.NewGroup("thumbnails", node.GroupConfig{
		MaxBytes: 256 << 20,
		TTL:      time.Hour,
		MaxLoads: 4, // at once; more of them wait
		Load:     shrink(pictures),
	})
	if err != nil {
		return err
	}
	if join != "" {
		if err := n.Join(ctx, strings.Split(join, ",")...); err != nil {
			log.Print("nobody there yet, trying on: ", err)
		}
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Println("ready", "http://"+listener.Addr().String(), n.Self().GossipAddr)
	server := &http.Server{Handler: handler(thumbnails), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		server.Shutdown(context.Background())
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return n.Leave(context.Background()) // within Config.DrainTimeout
}

// handler serves /WIDTH/NAME. The key is the path itself.
func handler(thumbnails *node.Group) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{width}/{name...}", func(w http.ResponseWriter, r *http.Request) {
		v, err := thumbnails.Get(r.Context(), r.PathValue("width")+"/"+r.PathValue("name"))
		switch {
		case errors.Is(err, node.ErrNotFound):
			http.NotFound(w, r)
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		default:
			w.Header().Set("Content-Type", "image/jpeg")
			w.Write(v.Data)
		}
	})
	return mux
}
