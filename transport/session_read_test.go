package transport_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// alone returns a client whose only caller has had many replies, one by one, and so reads by itself. Its handler answers "slow"
// once release is closed or nobody waits any more, "deaf" once release is closed, "large" with a large value, and what else there is at once.
func alone(t *testing.T) (c *transport.Client, asked <-chan struct{}, release chan struct{}) {
	t.Helper()
	slow, release := make(chan struct{}, 16), make(chan struct{})
	c = pair(t, &handler{serve: func(ctx context.Context, r transport.Request) transport.Response {
		switch r.Key {
		case "large":
			return transport.Response{Value: bytes.Repeat([]byte("v"), 1<<20)}
		case "deaf":
			<-release
		case "slow":
			slow <- struct{}{}
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
		return transport.Response{Value: []byte(r.Key)}
	}})
	for range 100 {
		get(t, c, "fast")
	}
	return c, slow, release
}

func get(t *testing.T, c *transport.Client, key string) {
	t.Helper()
	if resp := must(t, c, transport.Request{Group: "g", Key: key}); string(resp.Value) != key {
		t.Errorf("got %v %q for %q", resp.Code, resp.Value, key)
	}
}

func TestACallerThatReadsLeavesWithItsContext(t *testing.T) {
	c, asked, _ := alone(t)
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-asked; cancel() }()
		if _, err := c.Do(ctx, transport.Request{Group: "g", Key: "slow"}); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
		get(t, c, "fast")
	}
}

func TestACallerThatReadsLeavesWithItsDeadline(t *testing.T) {
	c, _, release := alone(t)
	defer close(release)
	_, err := c.Do(late{t.Context(), time.Now().Add(20 * time.Millisecond)}, transport.Request{Group: "g", Key: "deaf"})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	get(t, c, "fast")
}

func TestACallerThatReadsGetsALargeValue(t *testing.T) {
	c, _, _ := alone(t)
	for range 20 {
		if resp := must(t, c, transport.Request{Group: "g", Key: "large"}); len(resp.Value) != 1<<20 {
			t.Fatalf("got %v and %d bytes", resp.Code, len(resp.Value))
		}
		get(t, c, "fast")
	}
}

func TestACallerThatReadsServesTheOthers(t *testing.T) {
	c, asked, release := alone(t)
	var slow sync.WaitGroup
	slow.Go(func() { get(t, c, "slow") })
	<-asked
	for range 100 {
		get(t, c, "fast")
	}
	var fast sync.WaitGroup
	for range 8 {
		fast.Go(func() {
			for range 100 {
				get(t, c, "fast")
			}
		})
	}
	close(release)
	fast.Wait()
	slow.Wait()
}

func TestACallerThatReadsFailsWhenTheClientCloses(t *testing.T) {
	c, asked, _ := alone(t)
	go func() { <-asked; c.Close() }()
	if _, err := c.Do(t.Context(), transport.Request{Group: "g", Key: "slow"}); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
