package node_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

type score struct {
	Player string
	Points int
}

func TestTypedValuesAreTheSameThroughEveryNode(t *testing.T) {
	nodes := nodetest.Start(t, 2)
	codec := node.JSON[score]()
	load := node.TypedLoader(codec, func(_ context.Context, key string) (score, time.Duration, error) {
		if key == "Nobody" {
			return score{}, 0, node.ErrNotFound
		}
		return score{key, 630}, time.Minute, nil
	})
	for _, g := range nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: load}) {
		scores := node.NewTyped(g, codec)
		if got, err := scores.Get(t.Context(), "Tom"); err != nil || got != (score{"Tom", 630}) {
			t.Errorf("got %v, %v", got, err)
		}
		if _, err := scores.Get(t.Context(), "Nobody"); !errors.Is(err, node.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		if err := scores.Set(t.Context(), "Jack", score{"Jack", 589}, 0); err != nil {
			t.Fatal(err)
		}
		if got, err := scores.Get(t.Context(), "Jack"); err != nil || got.Points != 589 {
			t.Errorf("got %v, %v", got, err)
		}
		if err := scores.Remove(t.Context(), "Jack"); err != nil {
			t.Error(err)
		}
		if err := g.Set(t.Context(), "Sam", node.Value{Data: []byte("not JSON")}); err != nil {
			t.Fatal(err)
		}
		if _, err := scores.Get(t.Context(), "Sam"); err == nil || !strings.Contains(err.Error(), `"Sam"`) {
			t.Errorf("got %v, want an error that names the key", err)
		}
	}
}
