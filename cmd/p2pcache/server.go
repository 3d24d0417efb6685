package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/access"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/traces"
	"github.com/p2pcache/p2pcache/node"
)

// firstJoin bounds the wait for a seed before the node is ready: one whose seeds are away serves alone within a second.
const firstJoin = 750 * time.Millisecond

// lastTraces bounds sending what was traced last.
const lastTraces = 2 * time.Second

// server is a node and what stands around it.
type server struct {
	plan
	node        *node.Node
	listener    net.Listener
	admin       *adminServer // nil: none
	pages       *pages.Pages
	keys        *access.Keys // of the pages; nil: there is no secret
	commandLine commandLine
	loaders     map[string]*reloadable // by group
	traces      *traces.Tracer         // nil: none
	name        *memberName            // in log lines
	level       *logLevel
	log         zerolog.Logger
}

// start starts a node with its groups that serves and has not joined anybody yet.
func start(s settings, errOut io.Writer) (*server, error) {
	name := newMemberName(s.provisionalName())
	level := newLogLevel(s.logLevel)
	logger := newLogger(errOut, s.logFormat, level, name)
	p, err := s.plan(logger)
	if err != nil {
		return nil, err
	}
	keys, err := access.NewKeys(p.secrets.all...)
	if err != nil {
		return nil, err
	}
	log.SetFlags(0) // what the standard library has to say goes the same way
	log.SetOutput(logger)
	shows := pages.New(pages.Config{Keys: keys, Operator: p.admin != ""})
	server := &server{plan: p, keys: keys, pages: shows, name: name, log: logger, level: level}
	server.warn()
	if err := server.startAll(); err != nil {
		server.close()
		return nil, err
	}
	return server, nil
}

// startAll opens the ports and makes the groups.
func (s *server) startAll() error {
	if err := s.startAdmin(); err != nil {
		return err
	}
	if err := s.startNode(); err != nil {
		return err
	}
	s.name.set(s.node.Self().Name)
	if err := s.startTraces(); err != nil {
		return err
	}
	if err := s.makeGroups(); err != nil {
		return err
	}
	s.pages.Show(s.node, s.log)
	return nil
}

// warn logs what is allowed and unwise.
func (s *server) warn() {
	if s.secrets.shared {
		s.log.Warn().Str("file", s.secretFile).Msg("other users can read the secret: chmod 600 it")
	}
	if secret := s.secrets.use(); secret != nil && len(secret) < shortSecret {
		s.log.Warn().Str("file", s.secretFile).Msg("the secret is so short that it can be guessed: make one with openssl rand -base64 32")
	}
	if s.insecure && s.secrets.use() == nil {
		s.log.Warn().Msg("no secret: whoever reaches this node can read and change what it holds")
	}
}

func (s *server) startNode() (err error) {
	if s.listener, err = open("listen", s.listen); err != nil {
		return err
	}
	s.node, err = node.New(s.nodeConfig(s.listener, s.pages, s.log))
	if err != nil {
		s.listener.Close()
		return s.nodeError(err)
	}
	if addr := s.node.ClientAddr(); addr != "" {
		s.log.Info().Str("addr", addr).Msg("serving outside clients")
	}
	return nil
}

func (s *server) startTraces() (err error) {
	version, _ := pages.Build()
	s.traces, err = traces.Start(context.Background(), s.node.Self().Name, version)
	return err
}

// nodeError tells what the system refused from what the settings ask for and cannot be.
func (s *server) nodeError(err error) error {
	if isInUse(err) {
		return s.inUse(err)
	}
	if _, system := errors.AsType[syscall.Errno](err); system {
		return err
	}
	return usagef("%w", err)
}

// inUse finds the flag whose port another process has: --listen's was free.
func (s *server) inUse(err error) error {
	if s.clientListen == "" {
		return portError("gossip", s.gossip, err)
	}
	l, clientsErr := open("client-listen", s.clientListen)
	if clientsErr != nil {
		return clientsErr
	}
	l.Close()
	return portError("gossip", s.gossip, err)
}

// close ends all that was started, at once.
func (s *server) close() {
	if s.node != nil {
		s.node.Close() // its error names loads that go on: the process ends
	}
	s.pages.Close()
	s.admin.close()
	ctx, cancel := context.WithTimeout(context.Background(), lastTraces)
	defer cancel()
	if err := s.traces.Close(ctx); err != nil {
		s.log.Warn().Err(err).Msg("the last traces are lost")
	}
}

// makeGroups makes the groups, whose origins can be changed later.
func (s *server) makeGroups() error {
	s.loaders = make(map[string]*reloadable, len(s.groups))
	for _, g := range s.groups {
		config := g.config
		if g.load != nil {
			s.loaders[g.name] = newReloadable(g.load)
			config.Load = s.traces.Loader(g.name, s.loaders[g.name].load)
		}
		if _, err := s.node.NewGroup(g.name, config); err != nil {
			return usagef("%s: %w", g.where(), err)
		}
	}
	return nil
}

// meet joins the members that the settings name. That none of them answers is no error: the node serves alone, and
// goes on trying.
func (s *server) meet() error {
	if len(s.peers) > 0 {
		if err := s.node.SetPeers(s.peers...); err != nil {
			return usagef("--peers: %w", err)
		}
		s.name.set(s.node.Self().Name)
		return nil
	}
	if len(s.join) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), firstJoin)
	defer cancel()
	err := s.node.Join(ctx, s.join...)
	var taken *node.NameTakenError
	switch {
	case errors.As(err, &taken):
		s.log.Error().Err(err).Msg("serving through the others, owning nothing, until the name is free")
	case err != nil:
		s.log.Warn().Err(err).Strs("seeds", s.join).Msg("no seed answers yet: serving alone, and trying on")
	}
	return nil
}

// readyLine tells scripts the name and the real addresses.
func (s *server) readyLine() string {
	self, gossip := s.node.Self(), noGossip
	if self.GossipAddr != "" {
		gossip = self.GossipAddr
	}
	return fmt.Sprintf("ready name=%s listen=%s gossip=%s", oneWord(self.Name), s.listener.Addr(), gossip)
}

// oneWord returns text as it is where a reader of NAME=VALUE pairs cannot mistake its end, and quoted otherwise.
func oneWord(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return r == '"' || unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}
