package membership_test

import (
	"strings"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/membership"
)

func TestProfilesAreParsed(t *testing.T) {
	own := membership.WAN()
	own.ProbeInterval, own.GossipNodes = 2*time.Second, 5
	for text, want := range map[string]membership.Profile{
		"lan": membership.LAN(), "wan": membership.WAN(), "local": membership.Local(),
		"wan,probe-interval=2s,gossip-nodes=5": own,
	} {
		if got, err := membership.ParseProfile(text); err != nil || got != want {
			t.Errorf("%q is %+v, %v; want %+v", text, got, err, want)
		}
	}
	for text, says := range map[string]string{
		"":                                  "must begin with lan, wan or local",
		"man":                               "must begin with",
		"lan,":                              `"" is no field`,
		"lan,probe-interval":                `"" is no value`,
		"lan,probe-interval=2":              `"2" is no value`,
		"lan,gossip-nodes=2s":               `"2s" is no value`,
		"lan,gossip-nodes=0":                "1 to 100",
		"lan,suspicion-mult=101":            "1 to 100",
		"lan,gossip-interval=-1s":           "1ms or more",
		"lan,probe-timeout=250ms":           "below probe-interval",
		"lan,probe-interval=2s,suspicion=3": `"suspicion" is no field`,
	} {
		if _, err := membership.ParseProfile(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want it to say %q", text, err, says)
		}
	}
}

func TestMembersOfEachProfileAgree(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]membership.Profile{
		"wan": membership.WAN(), "local": membership.Local(), "own": {GossipInterval: 30 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config("a")
			cfg.Profile = p
			a := start(t, cfg)
			cfg.Name = "b"
			b := start(t, cfg)
			join(t, b, a)
			agree(t, a, b)
		})
	}
}

func FuzzParseProfile(f *testing.F) {
	f.Add("wan,probe-interval=2s,gossip-nodes=5")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := membership.ParseProfile(text)
		if err == nil && (p.ProbeTimeout >= p.ProbeInterval || p.GossipNodes < 1) {
			t.Errorf("%q is %+v", text, p)
		}
	})
}
