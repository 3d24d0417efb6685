//go:build linux

package network_test

import (
	"net"
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/network"
)

func TestHolderFindsTheProcessOfAConnection(t *testing.T) {
	conn := connect(t, netip.AddrPort{})
	me := os.Getpid()
	from, to := ends(conn)
	if pid, ok := network.Holder(from, to, map[int]int{1 << 22: 0, me: 1}); !ok || pid != me {
		t.Errorf("held by %d, %v, want %d", pid, ok, me)
	}
	if pid, ok := network.Holder(from, to, map[int]int{1 << 22: 0}); ok {
		t.Errorf("held by %d, which is no process", pid)
	}
	if pid, ok := network.Holder(to, netip.AddrPortFrom(from.Addr(), 1), map[int]int{me: 1}); ok {
		t.Errorf("a connection that is not there is held by %d", pid)
	}
}

// Two connections from one port, of which another process holds the older.
func TestHolderTellsConnectionsFromOnePortApart(t *testing.T) {
	theirs := connect(t, netip.AddrPort{})
	from, to := ends(theirs)
	file, err := theirs.File()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sleep", "60")
	cmd.ExtraFiles = []*os.File{file}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	_ = file.Close()
	_ = theirs.Close()
	_, mine := ends(connect(t, from))
	pids := map[int]int{cmd.Process.Pid: 0, os.Getpid(): 1}
	if pid, ok := network.Holder(from, to, pids); !ok || pid != cmd.Process.Pid {
		t.Errorf("the first is held by %d, %v, want %d", pid, ok, cmd.Process.Pid)
	}
	if pid, ok := network.Holder(from, mine, pids); !ok || pid != os.Getpid() {
		t.Errorf("the second is held by %d, %v, want %d", pid, ok, os.Getpid())
	}
}

// connect connects to a new listener from an address, of any port if that is zero.
func connect(t *testing.T, from netip.AddrPort) *net.TCPConn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	dialer := net.Dialer{Control: reusing}
	dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), from.Port()))
	conn, err := dialer.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.(*net.TCPConn)
}

// reusing lets several connections have one port.
func reusing(_, _ string, c syscall.RawConn) error {
	var err error
	if c := c.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1) }); c != nil {
		return c
	}
	return err
}

func ends(conn *net.TCPConn) (from, to netip.AddrPort) {
	return conn.LocalAddr().(*net.TCPAddr).AddrPort(), conn.RemoteAddr().(*net.TCPAddr).AddrPort()
}

func TestNodesHaveAddressesOfTheirOwn(t *testing.T) {
	loopback, relayed := network.NewLoopback(), network.NewRelayed(true)
	defer loopback.Close()
	defer relayed.Close()
	for _, n := range []network.Network{loopback, relayed} {
		seen := map[string]bool{n.Outside().String(): true}
		for i := range 250 {
			for _, addr := range []string{n.IP(i).String(), n.Bind(i).String()} {
				if seen[addr] && n.IP(i) != n.Bind(i) {
					t.Errorf("%T: %s twice", n, addr)
				}
				seen[addr] = true
			}
		}
		if len(seen) < 251 {
			t.Errorf("%T: %d addresses of 250 nodes", n, len(seen))
		}
	}
}

func TestWhatIsStartedIsNotReachedByCtrlC(t *testing.T) {
	n := network.NewLoopback()
	defer n.Close()
	cmd := exec.Command("sleep", "60")
	if err := n.Start(0, cmd); err != nil {
		t.Fatal(err)
	}
	group, err := syscall.Getpgid(cmd.Process.Pid)
	if err != nil || group != cmd.Process.Pid {
		t.Errorf("process %d is of group %d, %v", cmd.Process.Pid, group, err)
	}
	cmd.Process.Kill()
	cmd.Wait()
}

func TestLoopbackCannotBeCut(t *testing.T) {
	n := network.NewLoopback()
	defer n.Close()
	if n.Cut(0, 1) == nil {
		t.Error("it was")
	}
}
