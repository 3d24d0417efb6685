package protocodec_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
	"github.com/p2pcache/p2pcache/node/protocodec"
)

func TestMessagesAreTheSameThroughEveryNode(t *testing.T) {
	codec := protocodec.New[*durationpb.Duration]()
	load := node.TypedLoader(codec, func(context.Context, string) (*durationpb.Duration, time.Duration, error) {
		return durationpb.New(90 * time.Second), 0, nil
	})
	for _, g := range nodetest.Group(t, nodetest.Start(t, 2), "times", node.GroupConfig{Load: load}) {
		times := node.NewTyped(g, codec)
		if got, err := times.Get(t.Context(), "Tom"); err != nil || got.AsDuration() != 90*time.Second {
			t.Errorf("got %v, %v", got, err)
		}
		if err := g.Set(t.Context(), "Sam", node.Value{Data: []byte("\xff")}); err != nil {
			t.Fatal(err)
		}
		if got, err := times.Get(t.Context(), "Sam"); err == nil || got != nil {
			t.Errorf("got %v from what is no message", got)
		}
	}
}

func ExampleNew() {
	codec := protocodec.New[*durationpb.Duration]()
	data, err := codec.Marshal(durationpb.New(time.Minute))
	if err != nil {
		panic(err)
	}
	d, err := codec.Unmarshal(data)
	fmt.Println(d.AsDuration(), err)
	// Output: 1m0s <nil>
}
