// Package worker runs peers in processes of their own, which are told over standard input what to do.
package worker

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/load"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/peer"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/process"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/profile"
)

// commandName is the command of this program that is a worker.
const commandName = "worker"

// Spec says what peer a worker is.
type Spec struct {
	Kind       string `json:"kind"`
	Origin     string `json:"origin,omitempty"` // URL that keys are appended to; if empty, values are made up
	CacheBytes int64  `json:"cacheBytes"`
	HotCopies  bool   `json:"hotCopies,omitempty"`
}

// order is what a worker is asked to do. One field is set.
type order struct {
	Meet  []string `json:"meet,omitempty"`
	Load  *Load    `json:"load,omitempty"`
	Warm  []string `json:"warm,omitempty"`
	Herd  *Herd    `json:"herd,omitempty"`
	Owns  []string `json:"owns,omitempty"`
	Usage bool     `json:"usage,omitempty"`

	StartProfile bool        `json:"startProfile,omitempty"`
	StopProfile  *EndProfile `json:"stopProfile,omitempty"`
}

// EndProfile says what a profile was taken of.
type EndProfile struct {
	File  string  `json:"file,omitempty"`  // where it is kept; if empty, it is not
	Times float64 `json:"times,omitempty"` // that it was done
}

// reply is what a worker answers.
type reply struct {
	Result *load.Result `json:"result,omitempty"`
	Usage  *Usage       `json:"usage,omitempty"`
	Owned  []string     `json:"owned,omitempty"`

	Profile *profile.Profile `json:"profile,omitempty"`
}

// Usage is what a worker has taken since it started.
type Usage struct {
	Mallocs uint64 `json:"mallocs"`
	Bytes   uint64 `json:"bytes"`
}

// hello is the first line that a worker writes.
type hello struct {
	Address string `json:"address"`
	URL     string `json:"url"`
}

// meetWithin bounds how long workers may take to know each other.
const meetWithin = 30 * time.Second

// Command returns the command that makes this program a worker. It is for this program alone.
func Command() *cobra.Command {
	return &cobra.Command{
		Use: commandName + " SPEC", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var spec Spec
			if err := json.Unmarshal([]byte(args[0]), &spec); err != nil {
				return err
			}
			return serve(spec, os.Stdin, os.Stdout)
		},
	}
}

// serve is a peer until in ends.
func serve(spec Spec, in io.Reader, out io.Writer) error {
	p, err := peer.New(spec.Kind, peer.Config{Load: spec.loader(), CacheBytes: spec.CacheBytes, HotCopies: spec.HotCopies})
	if err != nil {
		return err
	}
	defer p.Close()
	if err := json.NewEncoder(out).Encode(hello{p.Address(), p.URL()}); err != nil {
		return err
	}
	s := server{peer: p}
	return process.Answer(in, out, s.carryOut)
}

// server carries out orders, one after the other.
type server struct {
	peer      peer.Peer
	recording *profile.Recording // nil: none is taken
}

func (s *server) carryOut(o order) (r reply, err error) {
	switch {
	case o.StartProfile:
		s.recording, err = profile.Start()
		return reply{}, err
	case o.StopProfile != nil:
		p, err := s.recording.Stop(o.StopProfile.File, o.StopProfile.Times)
		return reply{Profile: &p}, err
	}
	return o.carryOut(s.peer)
}

func (o order) carryOut(p peer.Peer) (reply, error) {
	ctx, cancel := context.WithTimeout(context.Background(), meetWithin)
	defer cancel()
	switch {
	case o.Meet != nil:
		return reply{}, p.Meet(ctx, o.Meet)
	case o.Warm != nil:
		return reply{}, warm(ctx, p, o.Warm)
	case o.Herd != nil:
		result := o.Herd.run(ctx, p)
		return reply{Result: &result}, nil
	case o.Owns != nil:
		return reply{Owned: slices.DeleteFunc(o.Owns, func(key string) bool { return !p.Owns(key) })}, nil
	case o.Load != nil:
		result := o.Load.run(p)
		return reply{Result: &result}, nil
	default:
		return reply{Usage: usage()}, nil
	}
}

func usage() *Usage {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return &Usage{Mallocs: m.Mallocs, Bytes: m.TotalAlloc}
}

// Wanted tells whether a program with these arguments was started to be a worker.
func Wanted(args []string) bool { return len(args) > 2 && args[1] == commandName }

// warmBatch is how many keys are got at once.
const warmBatch = 256

func warm(ctx context.Context, p peer.Peer, keys []string) error {
	for batch := range slices.Chunk(keys, warmBatch) {
		if _, err := p.GetMany(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}
