package main_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	p2pcache "github.com/p2pcache/p2pcache/cmd/p2pcache"
	"github.com/p2pcache/p2pcache/node"
)

func TestAGroupIsANameASizeAndOptions(t *testing.T) {
	for text, want := range map[string]node.GroupConfig{
		"scores=64MiB":                {MaxBytes: 64 << 20},
		"scores=64MB":                 {MaxBytes: 64e6},
		"scores=1":                    {MaxBytes: 1},
		"scores=1.5GiB":               {MaxBytes: 3 << 29},
		"scores=64MiB,ttl=5m":         {MaxBytes: 64 << 20, TTL: 5 * time.Minute},
		"scores=1k,ttl=0":             {MaxBytes: 1000},
		"scores=1KiB,hot-ttl=0":       {MaxBytes: 1 << 10, HotTTL: -1},
		"scores=1KiB,refresh-ahead=0": {MaxBytes: 1 << 10, RefreshAhead: -1},
		"scores=1KiB,refresh-ahead=0.2,expose-errors=true": {MaxBytes: 1 << 10, RefreshAhead: 0.2, ExposeErrors: true},
		"scores=1KiB,replicas=16":                          {MaxBytes: 1 << 10, Replicas: 16},
		"scores=1KiB,max-value=1G":                         {MaxBytes: 1 << 10, MaxValueBytes: 1e9},
		"scores=1KiB,ttl=1s,jitter=2s,negative-ttl=3s,stale-for=4s,hot-ttl=5s,replicas=6,load-timeout=7s,max-loads=8,max-key=9,max-value=10": {
			MaxBytes: 1 << 10, TTL: time.Second, Jitter: 2 * time.Second, NegativeTTL: 3 * time.Second, StaleFor: 4 * time.Second,
			HotTTL: 5 * time.Second, Replicas: 6, LoadTimeout: 7 * time.Second, MaxLoads: 8, MaxKeyBytes: 9, MaxValueBytes: 10,
		},
	} {
		name, got, err := p2pcache.ParseGroup(text)
		if err != nil || name != "scores" || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: group %q %+v, error %v; want scores %+v", text, name, got, err, want)
		}
	}
}

func TestABadGroupIsRefusedWithWhatToWrite(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "want NAME=SIZE",
		"scores":                 "want NAME=SIZE",
		"=1MiB":                  "want NAME=SIZE",
		"s=":                     `size "" of group s: want a size such as 64MiB`,
		"s=0":                    "want a size",
		"s=-1":                   "want a size",
		"s=lots":                 "want a size",
		"s=16EiB":                "want a size",
		"s=1MiB,":                "no such option: there are ttl,",
		"s=1MiB,tll=5s":          "no such option: there are ttl,",
		"s=1MiB,ttl":             `ttl "" of group s: want a duration such as`,
		"s=1MiB,ttl=5":           "want a duration",
		"s=1MiB,ttl=-5s":         "want a duration",
		"s=1MiB,replicas=0":      "want a whole number from 1 to 16",
		"s=1MiB,replicas=17":     "want a whole number from 1 to 16",
		"s=1MiB,replicas=two":    "want a whole number from 1 to 16",
		"s=1MiB,load-timeout=0s": "more than 0",
		"s=1MiB,refresh-ahead=1": "want a number from 0 to 0.5",
		"s=1MiB,expose-errors=x": "want true or false",
		"s=1MiB,max-loads=0":     "want a whole number",
		"s=1MiB,max-key=0":       "want a size",
		"s=1MiB,max-value=4GiB":  "up to 2.0 GiB",
		"s=1MiB,ttl=1s,ttl=2s":   "ttl of group s: given twice",
	} {
		_, _, err := p2pcache.ParseGroup(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

// FuzzParseGroup: a group that is accepted has a name and a size, and nothing negative but a hot-ttl of none.
func FuzzParseGroup(f *testing.F) {
	f.Add("scores=64MiB,ttl=5m,replicas=2")
	f.Add("a=b=c,=,,")
	f.Add("s=1e3,max-value=1")
	f.Fuzz(func(t *testing.T, text string) {
		name, c, err := p2pcache.ParseGroup(text)
		if err != nil {
			return
		}
		if !strings.HasPrefix(text, name+"=") || name == "" || c.MaxBytes < 1 {
			t.Errorf("%q: group %q of %d bytes", text, name, c.MaxBytes)
		}
		shortest := min(c.TTL, c.Jitter, c.NegativeTTL, c.StaleFor, c.LoadTimeout)
		least := min(c.Replicas, c.MaxLoads, c.MaxKeyBytes, c.MaxValueBytes)
		if shortest < 0 || least < 0 || c.HotTTL < -1 || c.RefreshAhead < -1 || c.RefreshAhead > 0.5 {
			t.Errorf("%q: %+v", text, c)
		}
	})
}
