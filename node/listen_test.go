package node_test

import (
	"testing"

	"github.com/p2pcache/p2pcache/node"
)

func TestWhatOtherMachinesReachNeedsASecret(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0"} {
		for field, cfg := range map[string]node.Config{
			"Listen":       {Listen: addr},
			"Gossip":       {Listen: "127.0.0.1:0", Gossip: addr},
			"ClientListen": {Listen: "127.0.0.1:0", ClientListen: addr},
		} {
			if n, err := node.New(cfg); err == nil {
				n.Close()
				t.Errorf("%s at %s: no error", field, addr)
			}
		}
	}
	protected := node.Config{Listen: "127.0.0.1:0", ClientListen: "0.0.0.0:0", Secret: []byte("a secret of sixteen bytes or more")}
	n, err := node.New(protected)
	if err != nil {
		t.Fatal(err)
	}
	n.Close()
}
