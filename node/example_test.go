package node_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/p2pcache/p2pcache/node"
)

// scoreDB stands for any slow source.
type scoreDB map[string]string

func (db scoreDB) score(_ context.Context, key string) (string, error) {
	score, ok := db[key]
	if !ok {
		return "", node.ErrNotFound
	}
	return score, nil
}

func Example() {
	db := scoreDB{"Tom": "630", "Jack": "589", "Sam": "567"}
	group := node.GroupConfig{
		MaxBytes: 64 << 20,
		TTL:      time.Minute,
		Load: func(ctx context.Context, key string) (node.Value, error) {
			score, err := db.score(ctx, key)
			return node.Value{Data: []byte(score)}, err
		},
	}
	ctx := context.Background()

	first, err := node.New(node.Config{Listen: "127.0.0.1:0", Gossip: "127.0.0.1:0"})
	if err != nil {
		log.Fatal(err)
	}
	defer first.Close()
	second, err := node.New(node.Config{Listen: "127.0.0.1:0", Gossip: "127.0.0.1:0"})
	if err != nil {
		log.Fatal(err)
	}
	defer second.Close()
	if err := second.Join(ctx, first.Self().GossipAddr); err != nil {
		log.Fatal(err)
	}

	var everywhere []*node.Group
	for _, n := range []*node.Node{first, second} {
		scores, err := n.NewGroup("scores", group)
		if err != nil {
			log.Fatal(err)
		}
		everywhere = append(everywhere, scores)
	}
	for _, scores := range everywhere {
		v, err := scores.Get(ctx, "Tom")
		fmt.Println(v, err)
	}
	// Output:
	// 630 <nil>
	// 630 <nil>
}

func ExampleGroup_Get() {
	n, err := node.New(node.Config{}) // alone, and without a port
	if err != nil {
		log.Fatal(err)
	}
	defer n.Close()
	scores, err := n.NewGroup("scores", node.GroupConfig{
		NegativeTTL: time.Second,
		Load: func(_ context.Context, key string) (node.Value, error) {
			if key != "Tom" {
				return node.Value{}, fmt.Errorf("no player %q: %w", key, node.ErrNotFound)
			}
			return node.Value{Data: []byte("630"), TTL: time.Hour}, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	v, err := scores.Get(context.Background(), "Tom")
	fmt.Println(v, err, v.TTL > 59*time.Minute)
	_, err = scores.Get(context.Background(), "Nobody")
	fmt.Println(errors.Is(err, node.ErrNotFound))
	// Output:
	// 630 <nil> true
	// true
}

func ExampleGroup_Remove() {
	n, err := node.New(node.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer n.Close()
	g, err := n.NewGroup("pages", node.GroupConfig{}) // without an origin: what was Set is found
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	fmt.Println(g.Set(ctx, "/index.html", node.Value{Data: []byte("<h1>")}))
	fmt.Println(g.Get(ctx, "/index.html"))
	fmt.Println(g.Remove(ctx, "/index.html"))
	_, err = g.Get(ctx, "/index.html")
	fmt.Println(err)
	// Output:
	// <nil>
	// <h1> <nil>
	// <nil>
	// not found
}

func ExampleTyped() {
	type player struct{ Points int }
	n, err := node.New(node.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer n.Close()
	codec := node.JSON[player]()
	g, err := n.NewGroup("players", node.GroupConfig{
		Load: node.TypedLoader(codec, func(context.Context, string) (player, time.Duration, error) {
			return player{Points: 630}, 0, nil
		}),
	})
	if err != nil {
		log.Fatal(err)
	}
	tom, err := node.NewTyped(g, codec).Get(context.Background(), "Tom")
	fmt.Println(tom.Points, err)
	// Output: 630 <nil>
}
