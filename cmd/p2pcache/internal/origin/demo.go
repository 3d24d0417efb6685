package origin

import (
	"context"
	"strconv"
	"strings"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/node"
)

// DemoGroup is the group that a demonstration makes where none is named.
const DemoGroup = "scores"

// demo knows three players' scores and logs each search, so that one can watch how rarely it is asked.
type demo struct {
	log zerolog.Logger
}

func (d demo) Loader(group string, _ int) (node.Loader, error) {
	return func(_ context.Context, key string) (node.Value, error) {
		d.log.Info().Str("group", group).Str("key", key).Msg("demo origin: search " + printable(key))
		score, ok := score(key)
		if !ok {
			return node.Value{}, node.ErrNotFound
		}
		return node.Value{Data: []byte(score)}, nil
	}, nil
}

func score(player string) (string, bool) {
	switch player {
	case "Tom":
		return "630", true
	case "Jack":
		return "589", true
	case "Sam":
		return "567", true
	}
	return "", false
}

// printable returns key as it is where that is safe and clear to print, and quoted otherwise: keys come from strangers
// and a message may reach a terminal.
func printable(key string) string {
	if quoted := strconv.Quote(key); key == "" || strings.Contains(key, " ") || quoted != `"`+key+`"` {
		return quoted
	}
	return key
}
