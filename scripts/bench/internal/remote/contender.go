// Package remote measures what it takes to get a value that another process on this machine holds.
package remote

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/process"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/worker"
)

// contender gets values that a server, a process of its own, holds.
type contender interface {
	name() string

	// fill makes the server hold so many values of a length, and returns their keys.
	fill(ctx context.Context, length, count int) ([]string, error)

	// get returns the length of a value, which the caller could read.
	get(ctx context.Context, key string) (int, error)

	// getMany returns the sum of the lengths of values.
	getMany(ctx context.Context, keys []string) (int, error)

	server() *process.Process
	stop()
}

// counted is a contender whose server tells what it has allocated.
type counted interface {
	usage() (worker.Usage, error)
}

// start is a way to start contenders that share a server.
type start struct {
	names []string // of the contenders
	start func(ctx context.Context) ([]contender, error)
}

var starts = []start{
	{[]string{"p2pcache"}, startP2PCache},
	{[]string{"groupcache", "groupcache tuned"}, startGroupcache},
	{[]string{"rueidis", "go-redis"}, startRedis},
	{[]string{"memcached"}, startMemcached},
}

// startAll starts the contenders that are named, this project first; all if none is.
func startAll(ctx context.Context, names []string) ([]contender, error) {
	if err := known(names); err != nil {
		return nil, err
	}
	var all []contender
	for i, s := range starts {
		chosen := func(name string) bool { return i == 0 || len(names) == 0 || slices.Contains(names, name) }
		if !slices.ContainsFunc(s.names, chosen) {
			continue
		}
		started, err := s.start(ctx)
		if err != nil {
			stopAll(all)
			return nil, fmt.Errorf("start %s: %w", strings.Join(s.names, ", "), err)
		}
		for _, c := range started {
			if chosen(c.name()) {
				all = append(all, c)
			}
		}
	}
	return all, nil
}

func known(names []string) error {
	for _, name := range names {
		if !slices.ContainsFunc(starts, func(s start) bool { return slices.Contains(s.names, name) }) {
			return fmt.Errorf("no contender is called %q", name)
		}
	}
	return nil
}

func stopAll(all []contender) {
	for _, c := range all {
		c.stop()
	}
}

// fillEach stores so many values of a length one by one, and returns their keys.
func fillEach(length, count int, store func(key string, value []byte) error) ([]string, error) {
	keys := make([]string, count)
	for i := range keys {
		keys[i] = worker.Key(length, i)
		value, err := worker.Value(keys[i])
		if err != nil {
			return nil, err
		}
		if err := store(keys[i], value); err != nil {
			return nil, err
		}
	}
	return keys, nil
}
