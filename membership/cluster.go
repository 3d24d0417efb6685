package membership

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"
	"github.com/rs/zerolog"
)

// ErrClosed is returned by calls on a Cluster that was closed, before the call or during it.
var ErrClosed = errors.New("membership: closed")

// Cluster is this member's part in the cluster. Its methods may be called concurrently.
type Cluster struct {
	log        zerolog.Logger
	onSnapshot func(Snapshot)
	onSettled  func(Standing)
	onEpoch    func(name string, epoch uint64)
	profile    Profile
	news       *news
	epochs     *epochs
	keys       *keyring
	table      *table
	greeters   *greeters
	contacts   *contacts
	transport  *gossipTransport
	gossipLog  *gossipLog
	list       *memberlist.Memberlist
	goroutines goroutines // memberlist's

	snapshot  atomic.Pointer[Snapshot]
	published chan struct{}      // has an element when the notifier has not seen the newest snapshot
	flushes   chan chan struct{} // asks the publisher to publish now, and to close the channel sent
	attempts  chan struct{}      // holds an element for each attempt to reach a member

	ctx       context.Context // ends at Close
	cancel    context.CancelFunc
	wg        sync.WaitGroup
	closeOnce sync.Once

	lifecycle sync.Mutex // guards closed, and keeps calls to memberlist that must come before its Shutdown before it
	closed    bool
}

// Start binds cfg.Bind and returns a cluster of this member alone, for Join to widen. An error tells which field of cfg
// is wrong, or that the address is in use.
func Start(cfg Config) (*Cluster, error) {
	c, err := start(cfg.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("membership: %w", err)
	}
	return c, nil
}

func start(cfg Config) (*Cluster, error) {
	at, err := cfg.validate()
	if err != nil {
		return nil, err
	}
	t, err := listen(cfg.Network, at)
	if err != nil {
		return nil, err
	}
	c := newCluster(cfg, t)
	t.start(&gate{label: cfg.Label, keys: c.keys, maxMembers: cfg.MaxMembers}, c.table.refuse)
	d := &delegate{
		table: c.table, epochs: c.epochs, news: c.news, greeters: c.greeters, allowForeign: cfg.AllowForeignHTTP, maxMetaBytes: cfg.MaxMetaBytes,
	}
	c.goroutines.of(func() { c.list, err = memberlist.Create(listConfig(cfg, d, t, c.keys, c.gossipLog)) })
	if err != nil {
		c.cancel()
		_ = t.Shutdown()
		c.goroutines.wait()
		return nil, err
	}
	c.wg.Go(c.publish)
	c.wg.Go(c.rejoin)
	c.wg.Go(c.claim)
	c.wg.Go(c.answer)
	if c.onSnapshot != nil {
		c.wg.Go(c.notify)
	}
	if c.onEpoch != nil {
		c.wg.Go(c.tellEpochs)
	}
	return c, nil
}

func newCluster(cfg Config, t *gossipTransport) *Cluster {
	self := cfg.member(t.advertised)
	self.Boot = newBoot()
	c := &Cluster{
		log:        cfg.Logger,
		onSnapshot: cfg.OnSnapshot,
		onSettled:  cfg.OnSettled,
		onEpoch:    cfg.OnEpoch,
		keys:       newKeyring(cfg.Key),
		profile:    cfg.Profile,
		table:      newTable(self, cfg.MaxMembers),
		greeters:   newGreeters(),
		contacts:   newContacts(),
		transport:  t,
		gossipLog:  newGossipLog(cfg.Logger),
		goroutines: newGoroutines(cfg.Profile),
		published:  make(chan struct{}, 1),
		flushes:    make(chan chan struct{}),
		attempts:   make(chan struct{}, maxAttempts),
	}
	c.news = newNews(c.profile, c.table.size)
	c.epochs = newEpochs(c.news)
	c.snapshot.Store(&Snapshot{Version: 1, Members: []Member{self}})
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// newBoot returns the time, so that later starts have larger ids: the milliseconds, the microseconds among them in 10 bits,
// and 10 random bits.
func newBoot() uint64 {
	us := uint64(time.Now().UnixMicro())
	return us/1000<<20 | us%1000<<10 | rand.Uint64()>>54
}

// Snapshot returns the newest snapshot. After Close it is the last one.
func (c *Cluster) Snapshot() Snapshot { return *c.snapshot.Load() }

// Self returns this member, with the port that was picked if Config.Bind has none.
func (c *Cluster) Self() Member { return c.table.selfMember() }

// Close ends the membership at once, without a word: the others take this member for dead after a second or two. It
// waits for every goroutine and callback, closes every descriptor, and may be called any number of times.
func (c *Cluster) Close() error {
	c.closeOnce.Do(func() {
		c.lifecycle.Lock()
		c.closed = true
		c.cancel()
		c.gossipLog.silent.Store(true)
		_ = c.list.Shutdown() // always nil
		c.lifecycle.Unlock()
		c.wg.Wait()
		c.goroutines.wait()
	})
	return nil
}

// open calls f unless c is closed, and keeps c from being closed meanwhile. f must be quick.
func (c *Cluster) open(f func()) error {
	c.lifecycle.Lock()
	defer c.lifecycle.Unlock()
	if c.closed {
		return ErrClosed
	}
	f()
	return nil
}

// isSelf tells whether addr is this very member.
func (c *Cluster) isSelf(addr netip.AddrPort) bool {
	t := c.transport
	if addr == t.advertised || addr == t.bound {
		return true
	}
	return addr.Port() == t.bound.Port() && t.bound.Addr().IsUnspecified() && isLocal(addr.Addr())
}
