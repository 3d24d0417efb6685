package node_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
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

// A context of these tests is part of the trace that it has as a value.
func tracing(_ int, cfg *node.Config) {
	cfg.RequestContext = func(r *http.Request) context.Context { return traced(r.Context(), r.Header.Get("Traceparent")) }
	cfg.TraceParent = func(ctx context.Context) string {
		name, _ := ctx.Value(traceKey{}).(string)
		return name
	}
}

func TestALoadIsPartOfTheTraceOfAGetOnAnotherNode(t *testing.T) {
	for _, replicas := range []int{1, 2} {
		simulate(t, func(t *testing.T, s simulation) {
			nodes := s.start(3, tracing)
			o := &origin{answer: func(ctx context.Context, _ string) (node.Value, error) {
				name, _ := ctx.Value(traceKey{}).(string)
				return node.Value{Data: []byte(name)}, nil
			}}
			groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, Replicas: replicas})
			keys := testKeys(60)
			for _, key := range keys[:30] {
				if v, err := groups[0].Get(traced(t.Context(), "trace-"+key), key); err != nil || v.String() != "trace-"+key {
					t.Errorf("the load of %q was part of %q, %v", key, v, err)
				}
			}
			found, err := groups[0].GetMany(traced(t.Context(), "many"), keys[30:])
			if err != nil {
				t.Error(err)
			}
			for _, key := range keys[30:] {
				if found[key].String() != "many" {
					t.Errorf("the load of %q, among many, was part of %q", key, found[key])
				}
			}
			for key, want := range map[string]string{"untraced": "", "last": "last"} {
				if v, err := groups[0].Get(traced(t.Context(), want), key); err != nil || v.String() != want {
					t.Errorf("the load of %q was part of %q, %v", key, v, err)
				}
			}
		})
	}
}
