package remote

import (
	"context"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/peer"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/process"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/worker"
)

// serverBytes is room for all values on the server.
const serverBytes = 2 << 30

// viaPeer gets from a worker through a peer of this process, which keeps no copies.
type viaPeer struct {
	title  string
	client peer.Peer
	worker *worker.Worker
	adjust func(context.Context) context.Context
}

func startP2PCache(ctx context.Context) ([]contender, error) {
	client, w, err := startPair(ctx, peer.P2PCache)
	if err != nil {
		return nil, err
	}
	return []contender{viaPeer{"p2pcache", client, w, nil}}, nil
}

func startGroupcache(ctx context.Context) ([]contender, error) {
	client, w, err := startPair(ctx, peer.Groupcache)
	if err != nil {
		return nil, err
	}
	return []contender{
		viaPeer{"groupcache", client, w, peer.WithDefaultTransport},
		viaPeer{"groupcache tuned", client, w, nil},
	}, nil
}

// startPair starts a peer here that has no cache, and one in a process of its own that has.
func startPair(ctx context.Context, kind string) (peer.Peer, *worker.Worker, error) {
	w, err := worker.Start(worker.Spec{Kind: kind, CacheBytes: serverBytes})
	if err != nil {
		return nil, nil, err
	}
	client, err := peer.New(kind, peer.Config{Load: func(_ context.Context, key string) ([]byte, error) { return worker.Value(key) }})
	if err != nil {
		w.Stop()
		return nil, nil, err
	}
	addresses := []string{client.Address(), w.Address}
	if err = client.Meet(ctx, addresses); err == nil {
		err = w.Meet(addresses)
	}
	if err != nil {
		client.Close()
		w.Stop()
		return nil, nil, err
	}
	return client, w, nil
}

func (v viaPeer) name() string                 { return v.title }
func (v viaPeer) server() *process.Process     { return v.worker.Process }
func (v viaPeer) usage() (worker.Usage, error) { return v.worker.Usage() }

// fill chooses keys that the server owns, and gets each once.
func (v viaPeer) fill(ctx context.Context, length, count int) ([]string, error) {
	var keys []string
	for i := 0; len(keys) < count; i++ {
		if key := worker.Key(length, i); !v.client.Owns(key) {
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		if _, err := v.get(ctx, key); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func (v viaPeer) get(ctx context.Context, key string) (int, error) {
	if v.adjust != nil {
		ctx = v.adjust(ctx)
	}
	return v.client.Get(ctx, key)
}

func (v viaPeer) getMany(ctx context.Context, keys []string) (int, error) {
	if v.adjust != nil {
		ctx = v.adjust(ctx)
	}
	return v.client.GetMany(ctx, keys)
}

func (v viaPeer) stop() {
	v.client.Close()
	v.worker.Stop()
}
