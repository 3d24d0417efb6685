package node_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/p2pcache/p2pcache/node"
)

type traceKey struct{}

func traced(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, traceKey{}, name)
}

// The first to ask leaves while its load is under way.
func TestALoaderFindsTheValuesOfTheGetThatBeganIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		g := single(t, node.GroupConfig{Load: func(ctx context.Context, _ string) (node.Value, error) {
			<-release
			name, _ := ctx.Value(traceKey{}).(string)
			return node.Value{Data: []byte(name)}, ctx.Err()
		}})
		first, leave := context.WithCancel(traced(t.Context(), "first"))
		go func() {
			if _, err := g.Get(first, "k"); !errors.Is(err, context.Canceled) {
				t.Errorf("the first one's error: %v, want that it left", err)
			}
		}()
		synctest.Wait()
		go func() {
			if v, err := g.Get(traced(t.Context(), "second"), "k"); err != nil || v.String() != "first" {
				t.Errorf("%q, %v; want the values of who began the load, which goes on", v, err)
			}
		}()
		synctest.Wait()
		leave()
		synctest.Wait()
		close(release)
		synctest.Wait()
	})
}
