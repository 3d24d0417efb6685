package node_test

import (
	"net"
	"strings"
	"testing"

	"github.com/p2pcache/p2pcache/node"
)

func TestConfigThatCannotWorkIsRefused(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	spare, err := net.Listen("tcp", "127.0.0.1:0") // New closes it
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		cfg  node.Config
		says string
	}{
		"two listeners":           {node.Config{Listen: "127.0.0.1:0", Listener: spare}, "give one"},
		"a heavy weight":          {node.Config{Weight: 101}, "1 to 100"},
		"a negative weight":       {node.Config{Weight: -1}, "1 to 100"},
		"a negative time":         {node.Config{DrainTimeout: -1}, "positive"},
		"a port in use":           {node.Config{Listen: taken.Addr().String()}, "address already in use"},
		"no port for gossip":      {node.Config{Gossip: "127.0.0.1:0"}, "Advertise"},
		"a name to advertise":     {node.Config{Listen: "127.0.0.1:0", Advertise: "localhost"}, "IP"},
		"no host to advertise":    {node.Config{Advertise: ":80"}, "host:port"},
		"no port to advertise":    {node.Config{Advertise: "127.0.0.1:0"}, "65535"},
		"an open port":            {node.Config{Listen: "0.0.0.0:0", Advertise: "127.0.0.1"}, "Secret"},
		"open gossip":             {node.Config{Listen: "127.0.0.1:0", Gossip: "0.0.0.0:0"}, "Secret"},
		"a gossip name":           {node.Config{Listen: "127.0.0.1:0", Gossip: "localhost:0"}, "IP"},
		"no gossip port":          {node.Config{Listen: "127.0.0.1:0", Gossip: "127.0.0.1"}, "127.0.0.1"},
		"a name that is too long": {node.Config{Listen: "127.0.0.1:0", Gossip: "127.0.0.1:0", Name: strings.Repeat("n", 600)}, "name is 600 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			n, err := node.New(test.cfg)
			if err == nil {
				n.Close()
				t.Fatal("was accepted")
			}
			if !strings.Contains(err.Error(), test.says) || !strings.HasPrefix(err.Error(), "node: ") {
				t.Errorf("the error does not say %q: %v", test.says, err)
			}
		})
	}
}

// Rings and gossip, which know nothing of each other, have the same limit.
func TestTheLargestWeightIsGossiped(t *testing.T) {
	n, err := node.New(node.Config{Listen: "127.0.0.1:0", Gossip: "127.0.0.1:0", Weight: node.MaxWeight})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if got := n.Self().Weight; got != node.MaxWeight {
		t.Errorf("it weighs %d, want %d", got, node.MaxWeight)
	}
}

func TestGroupConfigThatCannotWorkIsRefused(t *testing.T) {
	n, err := node.New(node.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for name, cfg := range map[string]node.GroupConfig{
		"MaxBytes": {MaxBytes: -1}, "TTL": {TTL: -1}, "Jitter": {Jitter: -1}, "NegativeTTL": {NegativeTTL: -1}, "StaleFor": {StaleFor: -1},
		"Replicas": {Replicas: 17}, "LoadTimeout": {LoadTimeout: -1}, "MaxLoads": {MaxLoads: -1}, "MaxKeyBytes": {MaxKeyBytes: -1},
		"MaxValueBytes": {MaxValueBytes: -1},
	} {
		if _, err := n.NewGroup("scores", cfg); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("a bad %s: %v", name, err)
		}
	}
	for _, name := range []string{"", "\xff", strings.Repeat("g", 256)} {
		if _, err := n.NewGroup(name, node.GroupConfig{}); err == nil {
			t.Errorf("a group named %q was accepted", name)
		}
	}
	if _, err := n.NewGroup("scores", node.GroupConfig{}); err != nil {
		t.Error(err)
	}
	if _, err := n.NewGroup("scores", node.GroupConfig{}); err == nil {
		t.Error("a second group of one name was accepted")
	}
	if g, ok := n.Group("scores"); !ok || g.Name() != "scores" {
		t.Error("the group is not found by its name")
	}
	if g, ok := n.Group("other"); ok || g != nil {
		t.Error("a group was found that was never made")
	}
}
