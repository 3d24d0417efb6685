package main

import (
	"strconv"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/pflag"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/origin"
	"github.com/p2pcache/p2pcache/node"
)

// Defaults of serve.
const (
	defaultListen   = "127.0.0.1:9999"
	defaultGossip   = "127.0.0.1:7946"
	defaultLogLevel = "info"

	// noGossip is the value of --gossip, and of gossip= in the ready line, of a node that does not gossip.
	noGossip = "off"
)

// Values of --log-format.
const (
	logConsole = "console"
	logJSON    = "json"
)

// settings are what serve was told, whichever way.
type settings struct {
	configFile string

	name, listen, admin, gossip, advertise, zone, cluster string

	weight       int
	drainTimeout time.Duration
	join, peers  []string

	gossipProfile    node.GossipProfile
	maxMembers       int
	allowForeignHTTP bool

	origin        string
	originOptions origin.Config // how --origin is asked; its Spec is not used
	groups        []groupSetting

	places map[string]string // where settings came from, by their names
	texts  map[string]string // all settings as their flags print them

	secretFile       string
	clientListen     string
	clientTokenFile  string
	tls              node.TLSFiles
	insecure         bool
	groupcacheCompat bool

	logFormat string
	logLevel  zerolog.Level
}

func defaultSettings() settings {
	return settings{
		places:  map[string]string{},
		listen:  defaultListen,
		gossip:  defaultGossip,
		cluster: node.DefaultCluster,
		weight:  node.DefaultWeight,

		gossipProfile: node.GossipLAN(),
		maxMembers:    node.MaxMembers,

		drainTimeout: node.DefaultDrainTimeout,
		logFormat:    logConsole,
		logLevel:     zerolog.InfoLevel,
	}
}

// flags has a flag for each setting, and no other. The names are those of the P2PCACHE_* variables and of the file's keys as well.
func (s *settings) flags() *pflag.FlagSet {
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	s.addNodeFlags(flags)
	s.addGroupFlags(flags)
	s.addSecurityFlags(flags)
	flags.StringVar(&s.configFile, configFlag, "", "YAML `FILE` with the settings that no flag or variable gives")
	flags.Var(parsedVar(&s.logFormat, logConsole, "FORMAT", oneOf(logConsole+" "+logJSON)), "log-format",
		"how log lines look: console or json")
	flags.Var(parsedVar(&s.logLevel, defaultLogLevel, "LEVEL", parseLevel), "log-level", "the least that is logged: "+logLevels)
	return flags
}

func (s *settings) addNodeFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.name, "name", "", "`NAME` on the ring, kept over restarts (default: the advertised address)")
	flags.StringVar(&s.listen, "listen", s.listen, "`HOST:PORT` to serve on; port 0 picks a free one")
	flags.StringVar(&s.admin, "admin", "", "`HOST:PORT` for operators: the page, metrics and profiles are there and not on --listen (default: no profiles)")
	flags.StringVar(&s.gossip, "gossip", s.gossip, "`IP:PORT` to gossip on, UDP and TCP; port 0 picks a free one; off: it finds nobody and is not found")
	flags.StringVar(&s.advertise, "advertise", "", "`IP` that others reach this node by (default: the one it binds)")
	flags.StringSliceVar(&s.join, "join", nil, "gossip addresses, `HOST:PORT,...`, of any members")
	flags.StringSliceVar(&s.peers, "peers", nil, "all members by hand, `http://HOST:PORT,...`, instead of gossip; each is named by its address")
	flags.StringVar(&s.cluster, "cluster", s.cluster, "`LABEL` that all members share; gossip with another one is refused")
	flags.Var(parsedVar(&s.gossipProfile, "lan", "PROFILE", node.ParseGossipProfile), "gossip-profile",
		"how eagerly members watch each other: lan, wan or local, and changes to it, as in wan,probe-interval=2s")
	flags.Var(parsedVar(&s.maxMembers, strconv.Itoa(node.MaxMembers), "N", parseCount(node.MaxMembers)), "max-members",
		"most members there may be; gossip that tells of more is refused")
	flags.StringVar(&s.zone, "zone", "", "`ZONE`, such as a rack or data centre, that the node stands in; copies are kept in different ones")
	flags.Var(parsedVar(&s.weight, "1", "N", parseCount(node.MaxWeight)), "weight", "share of the keys against the others'")
	flags.Var(parsedVar(&s.drainTimeout, node.DefaultDrainTimeout.String(), "DURATION", parseLimit), "drain-timeout",
		"longest time to hand over and leave when told to stop")
}

func (s *settings) addGroupFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.origin, "origin", "", "where values come from, one of the origins above as `SPEC` (default: demo, or none where a group is named)")
	flags.Var(groupsFlag{&s.groups}, "group", "a group and its memory; may be given several times")
}

func (s *settings) addSecurityFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.secretFile, "secret-file", "", "`FILE` with the secret that all members share; more lines are secrets to accept as well; SIGHUP reads it again")
	flags.StringVar(&s.clientListen, "client-listen", "", "`HOST:PORT` for outside clients alone, who need no certificate there (default: on --listen)")
	flags.StringVar(&s.clientTokenFile, "client-token-file", "", "`FILE` with the token that outside clients may show instead of a signature")
	addTLSFlags(flags, &s.tls)
	addSwitch(flags, &s.insecure, "insecure", "serve others than this machine without a secret")
	addSwitch(flags, &s.allowForeignHTTP, "allow-foreign-http", "accept members that serve on a name, or on another IP than they gossip on")
	addSwitch(flags, &s.groupcacheCompat, "groupcache-compat", "answer golang/groupcache's clients as it would")
}

// addTLSFlags adds the flags that serve and the commands that ask share.
func addTLSFlags(flags *pflag.FlagSet, f *node.TLSFiles) {
	flags.StringVar(&f.Cert, "tls-cert", "", "`FILE` with a certificate and its chain, in PEM; read again when it changes")
	flags.StringVar(&f.Key, "tls-key", "", "`FILE` with the certificate's private key")
	flags.StringVar(&f.CA, "tls-ca", "", "`FILE` with the authorities that the others' certificates must be of; read again when it changes (default: this machine's)")
}

// addSwitch adds a flag that is true when it is named alone.
func addSwitch(flags *pflag.FlagSet, to *bool, name, usage string) {
	flags.Var(parsedVar(to, "false", "bool", parseBool), name, usage)
	flags.Lookup(name).NoOptDefVal = "true"
}
