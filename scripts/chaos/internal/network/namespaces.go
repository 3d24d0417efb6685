//go:build linux

package network

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Namespaces gives each node a network namespace of its own, as if it were a machine; a bridge joins them. The driver must be
// in a namespace that it made, see Isolate: there it may, and nothing is left of it all when it ends.
type Namespaces struct {
	spawner spawner
	home    *os.File // the driver's namespace

	mu   sync.Mutex
	made map[int]*os.File // guarded by mu; namespaces by node
}

const (
	bridge = "chaos0"
	// nowhere is a link address that no machine has: what is sent there is lost without a word.
	nowhere = "02:00:00:00:00:00"
)

// NewNamespaces makes the bridge.
func NewNamespaces() (*Namespaces, error) {
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return nil, err
	}
	n := &Namespaces{spawner: newSpawner(), home: home, made: map[int]*os.File{}}
	err = n.spawner.do(func() error {
		return commands(
			"link add "+bridge+" type bridge",
			fmt.Sprintf("addr add %v/24 dev %s", n.Outside(), bridge),
			"link set "+bridge+" up",
		)
	})
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// Bind implements Network.
func (n *Namespaces) Bind(i int) netip.Addr { return n.IP(i) }

// Listen implements Network.
func (n *Namespaces) Listen(i int) netip.Addr { return n.IP(i) }

// IP implements Network.
func (n *Namespaces) IP(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 77, 0, byte(i + 1)}) }

// Outside implements Network. It is the bridge's address, in the driver's namespace.
func (n *Namespaces) Outside() netip.Addr { return n.IP(253) }

// Start implements Network.
func (n *Namespaces) Start(i int, cmd *exec.Cmd) error {
	if err := n.make(i); err != nil {
		return err
	}
	return n.in(i, func() error { return start(cmd) })
}

// Cut implements Network: the link address of one is made wrong in the other's eyes.
func (n *Namespaces) Cut(from, to int) error {
	if err := n.make(to); err != nil {
		return err
	}
	if err := n.make(from); err != nil {
		return err
	}
	return n.in(from, func() error {
		return commands(fmt.Sprintf("neigh replace %v lladdr %s dev eth0 nud permanent", n.IP(to), nowhere))
	})
}

// Mend implements Network.
func (n *Namespaces) Mend(from, to int) error {
	return n.in(from, func() error { return commands(fmt.Sprintf("neigh del %v dev eth0", n.IP(to))) })
}

// Close implements Network.
func (n *Namespaces) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	var lines []string
	for i := range n.made {
		lines = append(lines, "link del "+outer(i)) // or it would go with the namespace, some time later
	}
	err := n.spawner.do(func() error { return commands(append(lines, "link del "+bridge)...) })
	for _, ns := range n.made {
		ns.Close()
	}
	n.spawner.close()
	n.home.Close()
	return err
}

// outer is the name of the bridge's end of node i's link.
func outer(i int) string { return "node" + strconv.Itoa(i+1) }

// make makes the namespace of node i unless it is there.
func (n *Namespaces) make(i int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.made[i] != nil {
		return nil
	}
	var ns *os.File
	err := n.spawner.do(func() (err error) {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("network: unshare: %w", err)
		}
		defer func() { err = errors.Join(err, n.enter(n.home)) }()
		if ns, err = os.Open("/proc/thread-self/ns/net"); err != nil {
			return err
		}
		return commands(
			"link set lo up",
			fmt.Sprintf("link add eth0 type veth peer name %s netns /proc/%d/fd/%d", outer(i), os.Getpid(), n.home.Fd()),
			fmt.Sprintf("addr add %v/24 dev eth0", n.IP(i)),
			"link set eth0 up",
		)
	})
	if err != nil {
		return err
	}
	n.made[i] = ns
	return n.spawner.do(func() error { return commands("link set " + outer(i) + " master " + bridge + " up") })
}

// in runs a function on a thread that is in node i's namespace meanwhile.
func (n *Namespaces) in(i int, do func() error) error {
	n.mu.Lock()
	ns := n.made[i]
	n.mu.Unlock()
	return n.spawner.do(func() error {
		if err := n.enter(ns); err != nil {
			return err
		}
		return errors.Join(do(), n.enter(n.home))
	})
}

func (n *Namespaces) enter(ns *os.File) error {
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("network: setns: %w", err)
	}
	return nil
}

// commands runs ip(8) with each of the lines.
func commands(lines ...string) error {
	for _, line := range lines {
		if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			return fmt.Errorf("network: ip %s: %w: %s", line, err, strings.TrimSpace(string(out)))
		}
	}
	return nil
}
