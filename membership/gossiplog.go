package membership

import (
	"bytes"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// logBurst is how many lines of each level a second may take: a stranger's packets are worth a line each, otherwise.
const logBurst = 20

// gossipLog takes memberlist's log lines, such as "[WARN] memberlist: text", and passes them on for debugging: this
// package says in its own words what becomes of members, and of strangers.
type gossipLog struct {
	log    zerolog.Logger
	silent atomic.Bool // set at Close: a timer of memberlist may still have something to say
}

func newGossipLog(l zerolog.Logger) *gossipLog {
	return &gossipLog{log: limited(l)}
}

// limited returns l with a limit to the lines per second.
func limited(l zerolog.Logger) zerolog.Logger {
	burst := func() zerolog.Sampler { return &zerolog.BurstSampler{Burst: logBurst, Period: time.Second} }
	return l.Sample(zerolog.LevelSampler{
		DebugSampler: burst(), InfoSampler: burst(), WarnSampler: burst(), ErrorSampler: burst(),
	})
}

// Write logs one line.
func (g *gossipLog) Write(line []byte) (int, error) {
	if !g.silent.Load() {
		g.log.Debug().Bytes("gossip", bytes.TrimSpace(line)).Msg("memberlist")
	}
	return len(line), nil
}
