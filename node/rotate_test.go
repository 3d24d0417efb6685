package node_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func TestASecretIsChangedUnderLoad(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		before, after := []byte("before"), []byte("after")
		nodes := s.start(3, func(_ int, cfg *node.Config) { cfg.Secret = before })
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{HotTTL: -1})
		client := s.client(node.ClientConfig{Server: nodes[0].Self().HTTPAddr, Secret: before, AcceptSecrets: [][]byte{after}})
		if err := client.Set(t.Context(), "scores", "fixed", node.Value{}); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var load sync.WaitGroup
		var rounds atomic.Int64
		for i, g := range groups {
			load.Go(func() {
				for keys := testKeys(60)[20*i : 20*i+20]; ctx.Err() == nil; rounds.Add(1) {
					for _, key := range keys {
						if err := g.Set(t.Context(), key, node.Value{Data: []byte(key)}); err != nil {
							t.Errorf("Set: %v", err)
						}
						wantGet(t, g, key, key)
					}
				}
			})
		}
		pass := func() { // each node's load meets what was changed
			for end := rounds.Load() + 9; rounds.Load() < end && !t.Failed(); {
				if _, err := client.Get(t.Context(), "scores", "fixed"); err != nil {
					t.Errorf("a client: %v", err)
				}
			}
		}
		for _, secrets := range [][][]byte{{before}, {before, after}, {after, before}, {after}} {
			for _, n := range nodes {
				if err := n.SetSecrets(secrets[0], secrets[1:]...); err != nil {
					t.Fatal(err)
				}
				pass()
			}
			if len(secrets) == 2 {
				if err := client.SetSecrets(secrets[0], secrets[1:]...); err != nil {
					t.Fatal(err)
				}
			}
		}
		stop()
		load.Wait()
		for _, g := range groups {
			for _, r := range g.Stats().PeerRequests {
				if r.Code != "ok" && r.Code != "not-found" {
					t.Errorf("%d requests to %s: %s", r.Count, r.Peer, r.Code)
				}
			}
		}
		nodetest.WaitAgreed(t, append(nodes, s.joining(nodes[1], after))...)
		stale := s.client(node.ClientConfig{Server: nodes[2].Self().HTTPAddr, Secret: before})
		if _, err := stale.Get(t.Context(), "scores", "a"); err == nil {
			t.Error("the old secret is still accepted")
		}
	})
}

// joining starts a node that joins seed.
func (s simulation) joining(seed *node.Node, secret []byte) *node.Node {
	s.t.Helper()
	cfg := node.Config{Gossip: "127.0.0.1:0", Secret: secret}
	s.over(0, &cfg)
	n, err := node.New(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { n.Close() })
	if err := n.Join(s.t.Context(), seed.Self().GossipAddr); err != nil {
		s.t.Fatal(err)
	}
	return n
}

func TestWhatSecretsMustBe(t *testing.T) {
	guarded := func(cfg *node.Config) { cfg.Secret = []byte("secret") }
	many := strings.Fields("1 2 3 4 5")
	for want, test := range map[string]struct {
		edit    func(*node.Config)
		secrets []string
	}{
		"can neither be given": {func(*node.Config) {}, []string{"first"}},
		"nor lose its last":    {guarded, []string{""}},
		"a secret is empty":    {guarded, []string{"a", ""}},
		"5 secrets at once":    {guarded, many},
		"":                     {guarded, []string{"fine", "fine", "secret"}},
	} {
		cfg := node.Config{Listen: "127.0.0.1:0", Gossip: "127.0.0.1:0"}
		test.edit(&cfg)
		n, err := node.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		var secrets [][]byte
		for _, s := range test.secrets {
			secrets = append(secrets, []byte(s))
		}
		err = n.SetSecrets(secrets[0], secrets[1:]...)
		if fine := test.secrets[0] == "fine"; fine != (err == nil) || !fine && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", test.secrets, err, want)
		}
		n.Close()
		if err := n.SetSecrets([]byte("a")); err == nil {
			t.Error("a closed node takes secrets")
		}
	}
	if _, err := node.New(node.Config{AcceptSecrets: [][]byte{[]byte("a")}}); err == nil {
		t.Error("secrets to accept are taken without one to use")
	}
}
