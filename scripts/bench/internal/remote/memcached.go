package remote

import (
	"context"
	"os/user"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/process"
)

// memcachedConnections is more than there ever are callers: gomemcache closes those that are idle beyond a number.
const memcachedConnections = 1024

type viaMemcached struct {
	process *process.Process
	client  *memcache.Client
}

func startMemcached(context.Context) ([]contender, error) {
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	args := []string{"-l", "127.0.0.1", "-p", port, "-U", "0", "-m", "2048", "-I", "2m", "-c", "2048", "-t", "2"}
	if u, err := user.Current(); err == nil && u.Uid == "0" {
		args = append(args, "-u", "root") // it does not start as root unless it is told to
	}
	p, err := process.Start("memcached", args...)
	if err != nil {
		return nil, err
	}
	address := "127.0.0.1:" + port
	if err := p.AwaitListener(address, listenWithin); err != nil {
		p.Stop()
		return nil, err
	}
	client := memcache.New(address)
	client.MaxIdleConns, client.Timeout = memcachedConnections, 10*time.Second
	return []contender{viaMemcached{p, client}}, nil
}

func (v viaMemcached) name() string             { return "memcached" }
func (v viaMemcached) server() *process.Process { return v.process }
func (v viaMemcached) stop()                    { v.process.Stop() }

func (v viaMemcached) fill(_ context.Context, length, count int) ([]string, error) {
	return fillEach(length, count, func(key string, value []byte) error {
		return v.client.Set(&memcache.Item{Key: key, Value: value})
	})
}

func (v viaMemcached) get(_ context.Context, key string) (int, error) {
	item, err := v.client.Get(key)
	if err != nil {
		return 0, err
	}
	return len(item.Value), nil
}

func (v viaMemcached) getMany(_ context.Context, keys []string) (int, error) {
	items, err := v.client.GetMulti(keys)
	sum := 0
	for _, item := range items {
		sum += len(item.Value)
	}
	return sum, err
}
