package membership_test

import (
	"context"
	"fmt"

	"github.com/p2pcache/p2pcache/membership"
)

func Example() {
	seed, err := membership.Start(membership.Config{Name: "a", Bind: "127.0.0.1:0", HTTPAddr: "127.0.0.1:9999"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = seed.Close() }()

	c, err := membership.Start(membership.Config{Name: "b", Bind: "127.0.0.1:0", HTTPAddr: "127.0.0.1:9998"})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := c.Join(context.Background(), seed.Self().GossipAddr); err != nil {
		fmt.Println(err)
	}
	for _, m := range c.Snapshot().Members {
		fmt.Println(m.Name, m.HTTPAddr)
	}
	if err := c.Leave(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// a 127.0.0.1:9999
	// b 127.0.0.1:9998
}
