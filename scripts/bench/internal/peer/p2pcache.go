package peer

import (
	"context"
	"fmt"
	"time"

	"github.com/p2pcache/p2pcache/node"
)

// ours is a node of this project.
type ours struct {
	node  *node.Node
	group *node.Group
}

// least is the smallest budget of a group that is to hold nothing.
const least = 4 << 10

func newP2PCache(config Config) (Peer, error) {
	n, err := node.New(node.Config{Listen: "127.0.0.1:0", Gossip: "127.0.0.1:0"})
	if err != nil {
		return nil, err
	}
	cfg := node.GroupConfig{
		MaxBytes: max(config.CacheBytes, least),
		Load: func(ctx context.Context, key string) (node.Value, error) {
			data, err := config.Load(ctx, key)
			return node.Value{Data: data}, err
		},
	}
	if !config.HotCopies {
		cfg.HotTTL = -1
	}
	g, err := n.NewGroup(Group, cfg)
	if err != nil {
		n.Close()
		return nil, err
	}
	return ours{n, g}, nil
}

func (o ours) Kind() string    { return P2PCache }
func (o ours) Address() string { return o.node.Self().GossipAddr }
func (o ours) URL() string     { return "http://" + o.node.Self().HTTPAddr + "/_gocache/" + Group + "/" }

func (o ours) Meet(ctx context.Context, addresses []string) error {
	if err := o.node.Join(ctx, addresses...); err != nil {
		return err
	}
	for len(o.node.Members()) != len(addresses) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d members known: %w", len(o.node.Members()), len(addresses), ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

func (o ours) Get(ctx context.Context, key string) (int, error) {
	v, err := o.group.Get(ctx, key)
	return len(v.Data), err
}

func (o ours) GetMany(ctx context.Context, keys []string) (int, error) {
	values, err := o.group.GetMany(ctx, keys)
	sum := 0
	for _, v := range values {
		sum += len(v.Data)
	}
	return sum, err
}

func (o ours) Owns(key string) bool {
	return o.node.Owners(Group, key, 1)[0].Name == o.node.Self().Name
}

func (o ours) Close() { o.node.Close() }
