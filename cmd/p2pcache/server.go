package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/access"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/origin"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/node"
)

// firstJoin bounds the wait for a seed before the node is ready: one whose seeds are away serves alone within a second.
const firstJoin = 750 * time.Millisecond

// server is a node and what stands around it.
type server struct {
	settings settings
	node     *node.Node
	listener net.Listener
	admin    *adminServer // nil: none
	pages    *pages.Pages
	name     *memberName // in log lines
	log      zerolog.Logger
}

// start checks the settings, and starts a node with its groups that serves and has not joined anybody yet.
func start(s settings, errOut io.Writer) (*server, error) {
	s, err := s.checked()
	if err != nil {
		return nil, err
	}
	secret, err := readSecret(s.secretFile)
	if err != nil {
		return nil, err
	}
	if err := checkAddresses(s, secret.bytes != nil); err != nil {
		return nil, err
	}
	server, err := newServer(s, secret, errOut)
	if err != nil {
		return nil, err
	}
	server.warn(secret)
	groups, err := server.withLoaders(s.groups)
	if err != nil {
		return nil, err
	}
	if err := server.startAdmin(); err != nil {
		return nil, err
	}
	if err := server.startNode(secret.bytes); err != nil {
		server.close()
		return nil, err
	}
	server.name.set(server.node.Self().Name)
	if err := server.makeGroups(groups); err != nil {
		server.close()
		return nil, err
	}
	return server, nil
}

func newServer(s settings, secret secret, errOut io.Writer) (*server, error) {
	key, err := access.NewKey(secret.bytes)
	if err != nil {
		return nil, err
	}
	name := newMemberName(s.provisionalName())
	logger := newLogger(errOut, s, name)
	log.SetFlags(0) // what the standard library has to say goes the same way
	log.SetOutput(logger)
	shows := pages.New(pages.Config{Key: key, Operator: s.admin != ""})
	return &server{settings: s, pages: shows, name: name, log: logger}, nil
}

// warn logs what is allowed and unwise.
func (s *server) warn(secret secret) {
	if secret.shared {
		s.log.Warn().Str("file", s.settings.secretFile).Msg("other users can read the secret: chmod 600 it")
	}
	if s.settings.insecure && secret.bytes == nil {
		s.log.Warn().Msg("no secret: whoever reaches this node can read and change what it holds")
	}
}

func (s *server) startNode(secret []byte) (err error) {
	if s.listener, err = open("listen", s.settings.listen); err != nil {
		return err
	}
	s.node, err = node.New(s.settings.nodeConfig(s.listener, secret, s.pages, s.log))
	if err != nil {
		s.listener.Close()
		if isInUse(err) { // the listener is open already, so it must be the other port
			return portError("gossip", s.settings.gossip, err)
		}
		return nodeError(err)
	}
	return nil
}

// nodeError tells what the system refused from what the settings ask for and cannot be.
func nodeError(err error) error {
	if _, system := errors.AsType[syscall.Errno](err); system {
		return err
	}
	return usagef("%w", err)
}

// close ends all that was started, at once.
func (s *server) close() {
	if s.node != nil {
		s.node.Close() // its error names loads that go on: the process ends
	}
	s.pages.Close()
	s.admin.close()
}

// withLoaders returns groups whose configurations load from the origin.
func (s *server) withLoaders(groups []groupSetting) ([]groupSetting, error) {
	from, err := origin.Parse(s.settings.origin, s.log)
	if err != nil {
		return nil, usagef("--origin %q: %w", s.settings.origin, err)
	}
	loading := make([]groupSetting, len(groups))
	for i, g := range groups {
		limit := g.config.MaxValueBytes
		if limit == 0 {
			limit = node.DefaultMaxValueBytes
		}
		if g.config.Load, err = from.Loader(g.name, limit); err != nil {
			return nil, usagef("--origin %q: %w", s.settings.origin, err)
		}
		loading[i] = g
	}
	return loading, nil
}

// makeGroups makes the groups and shows the node.
func (s *server) makeGroups(groups []groupSetting) error {
	for _, g := range groups {
		if _, err := s.node.NewGroup(g.name, g.config); err != nil {
			return usagef("--group %s: %w", g.name, err)
		}
	}
	s.pages.Show(s.node, s.log)
	return nil
}

// join meets the members that the settings name. That none of them answers is no error: the node serves alone, and
// goes on trying.
func (s *server) join() error {
	if len(s.settings.peers) > 0 {
		if err := s.node.SetPeers(s.settings.peers...); err != nil {
			return usagef("--peers: %w", err)
		}
		s.name.set(s.node.Self().Name)
		return nil
	}
	if len(s.settings.join) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), firstJoin)
	defer cancel()
	err := s.node.Join(ctx, s.settings.join...)
	var taken *node.NameTakenError
	switch {
	case errors.As(err, &taken):
		s.log.Error().Err(err).Msg("serving through the others, owning nothing, until the name is free")
	case err != nil:
		s.log.Warn().Err(err).Strs("seeds", s.settings.join).Msg("no seed answers yet: serving alone, and trying on")
	}
	return nil
}

// readyLine tells scripts the name and the real addresses.
func (s *server) readyLine() string {
	self, gossip := s.node.Self(), noGossip
	if self.GossipAddr != "" {
		gossip = self.GossipAddr
	}
	return fmt.Sprintf("ready name=%s listen=%s gossip=%s", self.Name, s.listener.Addr(), gossip)
}
