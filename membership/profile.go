package membership

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Profile is how eagerly members watch each other and pass on news: what it costs when nothing happens, and how soon
// they notice when something does. All members of a cluster should have the same. A field that is zero is that of LAN.
type Profile struct {
	// ProbeInterval is how often a member probes another. Detection takes a small multiple of it.
	ProbeInterval time.Duration

	// ProbeTimeout is how long a direct probe waits before others are asked to probe too. It must be above the round
	// trip of a busy network, and leave those others time within ProbeInterval.
	ProbeTimeout time.Duration

	// GossipInterval is how often news go out, to GossipNodes members at a time.
	GossipInterval time.Duration
	GossipNodes    int

	// PushPullInterval is how often a member exchanges everything it knows with another, which repairs what gossip
	// lost. It is stretched above 32 members, with the logarithm of their number.
	PushPullInterval time.Duration

	// RetransmitMult times log10(members+1), rounded up, is how often each member sends each piece of news.
	RetransmitMult int

	// SuspicionMult times log10(members), at least 1, times ProbeInterval is how long a member that does not answer is
	// suspected before it counts as dead; SuspicionMaxMult times as long while no other member confirms it.
	SuspicionMult    int
	SuspicionMaxMult int
}

// LAN is for the machines of one data centre. The last of 20 members sees a kill after 1.5 s and a join after 0.1 s,
// for 1.2 kB/s and 0.3 % of a core each, as scripts/scale.sh detect prints. Joins were lost with a RetransmitMult of 2:
// 11 of 40 took over 2 s, one 34 s.
func LAN() Profile {
	return Profile{
		ProbeInterval: 250 * time.Millisecond, ProbeTimeout: 100 * time.Millisecond,
		GossipInterval: 50 * time.Millisecond, GossipNodes: 3,
		PushPullInterval: 5 * time.Second,
		RetransmitMult:   6, SuspicionMult: 3, SuspicionMaxMult: 2,
	}
}

// WAN is for members that are up to some 300 ms apart, or lose packets by the dozen.
func WAN() Profile {
	return Profile{
		ProbeInterval: 1500 * time.Millisecond, ProbeTimeout: 700 * time.Millisecond,
		GossipInterval: 200 * time.Millisecond, GossipNodes: 4,
		PushPullInterval: 20 * time.Second,
		RetransmitMult:   6, SuspicionMult: 4, SuspicionMaxMult: 2,
	}
}

// Local is for members on one machine, such as in tests and on a desk.
func Local() Profile {
	return Profile{
		ProbeInterval: 120 * time.Millisecond, ProbeTimeout: 50 * time.Millisecond,
		GossipInterval: 20 * time.Millisecond, GossipNodes: 3,
		PushPullInterval: 3 * time.Second,
		RetransmitMult:   6, SuspicionMult: 3, SuspicionMaxMult: 2,
	}
}

// ParseProfile reads a profile: lan, wan or local, and, after commas, fields that are to be different, as in
// "wan,probe-interval=2s,gossip-nodes=5". The fields are those of Profile, spelt probe-interval, probe-timeout,
// gossip-interval, gossip-nodes, push-pull-interval, retransmit-mult, suspicion-mult and suspicion-max-mult.
func ParseProfile(text string) (Profile, error) {
	name, rest, more := strings.Cut(text, ",")
	var p Profile
	switch name {
	case "lan":
		p = LAN()
	case "wan":
		p = WAN()
	case "local":
		p = Local()
	default:
		return Profile{}, fmt.Errorf("membership: gossip profile %q must begin with lan, wan or local", text)
	}
	for more {
		var field string
		field, rest, more = strings.Cut(rest, ",")
		if err := p.set(field); err != nil {
			return Profile{}, fmt.Errorf("membership: gossip profile %q: %w", text, err)
		}
	}
	if err := p.validate(); err != nil {
		return Profile{}, fmt.Errorf("membership: gossip profile %q: %w", text, err)
	}
	return p, nil
}

// set changes the field that text, name=value, names.
func (p *Profile) set(text string) (err error) {
	name, value, _ := strings.Cut(text, "=")
	if d := p.durations()[name]; d != nil {
		*d, err = time.ParseDuration(value)
	} else if n := p.numbers()[name]; n != nil {
		*n, err = strconv.Atoi(value)
	} else {
		return fmt.Errorf("%q is no field", name)
	}
	if err != nil {
		return fmt.Errorf("%s: %q is no value", name, value)
	}
	return nil
}

func (p *Profile) durations() map[string]*time.Duration {
	return map[string]*time.Duration{
		"probe-interval": &p.ProbeInterval, "probe-timeout": &p.ProbeTimeout,
		"gossip-interval": &p.GossipInterval, "push-pull-interval": &p.PushPullInterval,
	}
}

func (p *Profile) numbers() map[string]*int {
	return map[string]*int{
		"gossip-nodes": &p.GossipNodes, "retransmit-mult": &p.RetransmitMult,
		"suspicion-mult": &p.SuspicionMult, "suspicion-max-mult": &p.SuspicionMaxMult,
	}
}

func (p Profile) withDefaults() Profile {
	lan := LAN()
	given := p.durations()
	for name, d := range lan.durations() {
		if *given[name] == 0 {
			*given[name] = *d
		}
	}
	numbers := p.numbers()
	for name, n := range lan.numbers() {
		if *numbers[name] == 0 {
			*numbers[name] = *n
		}
	}
	return p
}

// Bounds of a profile: more often than minInterval is a flood, and more than maxMult of anything a mistake.
const (
	minInterval = time.Millisecond
	maxMult     = 100
)

func (p Profile) validate() error {
	for name, d := range p.durations() {
		if *d < minInterval {
			return fmt.Errorf("%s is %v, it must be %v or more", name, *d, minInterval)
		}
	}
	for name, n := range p.numbers() {
		if *n < 1 || *n > maxMult {
			return fmt.Errorf("%s is %d, it must be 1 to %d", name, *n, maxMult)
		}
	}
	if p.ProbeTimeout >= p.ProbeInterval {
		return errors.New("probe-timeout must be below probe-interval")
	}
	return nil
}
