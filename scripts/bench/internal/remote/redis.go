package remote

import (
	"context"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/process"
)

const (
	listenWithin = time.Minute

	// redisConnections is how many connections go-redis may open. Its default is 20 on two cores, which many callers queue for.
	redisConnections = 64
)

// redis is what the clients of one redis-server share.
type redis struct {
	process *process.Process
	filler  *goredis.Client
}

func (r redis) server() *process.Process { return r.process }
func (r redis) stop()                    { r.process.Stop() }

func (r redis) fill(ctx context.Context, length, count int) ([]string, error) {
	return fillEach(length, count, func(key string, value []byte) error { return r.filler.Set(ctx, key, value, 0).Err() })
}

type viaRueidis struct {
	redis
	client rueidis.Client
}

type viaGoRedis struct{ redis }

func startRedis(context.Context) ([]contender, error) {
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	address := "127.0.0.1:" + port
	p, err := process.Start("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning")
	if err != nil {
		return nil, err
	}
	if err := p.AwaitListener(address, listenWithin); err != nil {
		p.Stop()
		return nil, err
	}
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{address}, DisableCache: true})
	if err != nil {
		p.Stop()
		return nil, err
	}
	shared := redis{p, goredis.NewClient(&goredis.Options{Addr: address, PoolSize: redisConnections})}
	return []contender{viaRueidis{shared, client}, viaGoRedis{shared}}, nil
}

func (v viaRueidis) name() string { return "rueidis" }

func (v viaRueidis) get(ctx context.Context, key string) (int, error) {
	value, err := v.client.Do(ctx, v.client.B().Get().Key(key).Build()).AsBytes()
	return len(value), err
}

func (v viaRueidis) getMany(ctx context.Context, keys []string) (int, error) {
	values, err := v.client.Do(ctx, v.client.B().Mget().Key(keys...).Build()).ToArray()
	sum := 0
	for _, value := range values {
		b, err := value.AsBytes()
		if err != nil {
			return sum, err
		}
		sum += len(b)
	}
	return sum, err
}

func (v viaGoRedis) name() string { return "go-redis" }

func (v viaGoRedis) get(ctx context.Context, key string) (int, error) {
	value, err := v.filler.Get(ctx, key).Bytes()
	return len(value), err
}

func (v viaGoRedis) getMany(ctx context.Context, keys []string) (int, error) {
	values, err := v.filler.MGet(ctx, keys...).Result()
	sum := 0
	for _, value := range values {
		text, ok := value.(string)
		if !ok {
			return sum, goredis.Nil
		}
		sum += len(text)
	}
	return sum, err
}
