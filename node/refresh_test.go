package node_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/node"
)

func TestAHotKeyIsLoadedAheadSoThatNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &origin{}
		o.answer = func(ctx context.Context, _ string) (node.Value, error) {
			v := strconv.FormatInt(o.calls.Load(), 10)
			return node.Value{Data: []byte(v)}, sleep(ctx, 100*time.Millisecond)
		}
		g := single(t, node.GroupConfig{TTL: 10 * time.Second, Load: o.load})
		mustGet(t, g, "Tom", "1")
		for range 50 * 60 { // a minute
			started := time.Now()
			if _, err := g.Get(t.Context(), "Tom"); err != nil || time.Since(started) > 0 {
				t.Fatalf("a Get of a hot key took %v: %v", time.Since(started), err)
			}
			time.Sleep(20 * time.Millisecond)
		}
		if n := o.calls.Load(); n < 6 || n > 8 {
			t.Errorf("%d loads in six lives", n)
		}
	})
}

func TestWhatPeersAndClientsAskForIsLoadedAheadAsWell(t *testing.T) {
	for who, hop := range map[string]string{"peers": "1", "clients": ""} {
		synctest.Test(t, func(t *testing.T) {
			o := numbered()
			n, err := node.New(node.Config{})
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			g, err := n.NewGroup("scores", node.GroupConfig{TTL: 10 * time.Second, Load: o.load})
			if err != nil {
				t.Fatal(err)
			}
			mustGet(t, g, "Tom", "1")
			for range 50 * 60 { // a minute
				r := httptest.NewRequest("GET", "/_gocache/scores/Tom", nil)
				r.RemoteAddr = "127.0.0.1:1"
				r.Header.Set("Gocache-Hop", hop)
				w := httptest.NewRecorder()
				n.Handler().ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					t.Fatalf("%s got %d %s", who, w.Code, w.Body)
				}
				time.Sleep(20 * time.Millisecond)
			}
			if n := o.calls.Load(); n < 6 || n > 8 {
				t.Errorf("%s: %d loads in six lives", who, n)
			}
		})
	}
}

func TestAColdKeyIsNotLoadedAhead(t *testing.T) {
	for name, cfg := range map[string]node.GroupConfig{
		"cold": {TTL: 10 * time.Second},
		"off":  {TTL: 10 * time.Second, RefreshAhead: -1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := numbered()
				cfg.Load = o.load
				g := single(t, cfg)
				mustGet(t, g, "Tom", "1")
				time.Sleep(9900 * time.Millisecond)
				gets := 3
				if name == "off" {
					gets = 1000
				}
				for range gets {
					mustGet(t, g, "Tom", "1")
				}
				synctest.Wait()
				if n := o.calls.Load(); n != 1 {
					t.Errorf("%d loads within one life", n)
				}
			})
		})
	}
}

func TestALoadAheadThatFailsHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &origin{}
		o.answer = func(context.Context, string) (node.Value, error) {
			if o.calls.Load() == 2 {
				return node.Value{}, errors.New("down")
			}
			return node.Value{Data: []byte("v")}, nil
		}
		g := single(t, node.GroupConfig{TTL: time.Second, Load: o.load})
		for range 30 {
			started := time.Now()
			mustGet(t, g, "Tom", "v")
			if took := time.Since(started); took > 0 {
				t.Errorf("a Get took %v", took)
			}
			time.Sleep(40 * time.Millisecond)
		}
	})
}
