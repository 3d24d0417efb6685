//go:build linux

package network_test

import (
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/network"
)

func TestHolderFindsTheProcessOfAConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	me := os.Getpid()
	from := conn.LocalAddr().(*net.TCPAddr).AddrPort()
	if pid, ok := network.Holder(from, map[int]int{1 << 22: 0, me: 1}); !ok || pid != me {
		t.Errorf("held by %d, %v, want %d", pid, ok, me)
	}
	if pid, ok := network.Holder(from, map[int]int{1 << 22: 0}); ok {
		t.Errorf("held by %d, which is no process", pid)
	}
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
