//go:build unix

package main_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// script is a running scripts/cluster.sh, in a process group of its own as a terminal would start it.
type script struct {
	process
	port, gossipPort int
	out              *output
}

// startScript starts scripts/cluster.sh with ports of its own.
func startScript(t testing.TB, args ...string) *script {
	t.Helper()
	path, err := filepath.Abs("../../scripts/cluster.sh")
	if err != nil {
		t.Fatal(err)
	}
	first := freeRange(t, 2*portsPerScript)
	s := &script{port: first, gossipPort: first + portsPerScript, out: &output{}}
	s.process = process{t: t, name: "cluster.sh", logs: &output{}, exited: make(chan struct{})}
	// As a shell starts it in the background: with SIGINT ignored, which must not make it deaf.
	s.cmd = exec.Command("bash", append([]string{"-c", `trap "" INT; exec bash "$0" "$@"`, path}, args...)...)
	s.cmd.Dir = t.TempDir() // it works from any directory
	s.cmd.Env = append(os.Environ(),
		fmt.Sprint("P2PCACHE_PORT=", s.port), fmt.Sprint("P2PCACHE_GOSSIP_PORT=", s.gossipPort))
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.logs
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.cmd.WaitDelay = patience // what outlives it may hold its output open
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = s.cmd.Wait() // its state is read from cmd
		close(s.exited)
	}()
	t.Cleanup(s.end)
	return s
}

// end stops the script in the way that it cleans up after, and what might be left of it.
func (s *script) end() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it has ended already, mostly
	select {
	case <-s.exited:
	case <-time.After(patience):
		s.t.Error("the script does not end")
	}
	for _, pid := range s.pids() {
		if syscall.Kill(pid, 0) == nil {
			s.t.Errorf("process %d is left", pid)
			_ = syscall.Kill(pid, syscall.SIGKILL) // it was started by this test
		}
	}
	if s.t.Failed() {
		s.t.Logf("output:\n%s\nlogs:\n%s", s.out, s.logs)
	}
}

// portsPerScript is how many ports in a row a test's cluster may use of each kind.
const portsPerScript = 5

// freeRange returns the first of n ports that nothing listens on. They are below those that systems give to outgoing
// connections, which would take them at any time.
func freeRange(t testing.TB, n int) int {
	t.Helper()
	for range 1000 {
		if first := 10_000 + rand.IntN(20_000); isFreeRange(first, n) {
			return first
		}
	}
	t.Fatalf("no %d free ports in a row", n)
	return 0
}

func isFreeRange(first, n int) bool {
	for port := first; port < first+n; port++ {
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
		if err != nil {
			return false
		}
		defer l.Close()
	}
	return true
}

// running waits until the cluster runs.
func (s *script) running() {
	s.t.Helper()
	eventually(s.t, 3*time.Minute, "the cluster runs", func() bool {
		select {
		case <-s.exited:
			s.t.Fatalf("the script has ended:\n%s%s", s.out, s.logs)
		default:
		}
		return strings.Contains(s.out.String(), "Ctrl-C drains")
	})
}

var nodeLine = regexp.MustCompile(`(?m)^cluster: node(\d+) (http://\S+)/ pid (\d+)$`)

// pids are those of the nodes.
func (s *script) pids() (pids []int) {
	for _, m := range nodeLine.FindAllStringSubmatch(s.out.String(), -1) {
		pid, _ := strconv.Atoi(m[3]) // digits
		pids = append(pids, pid)
	}
	return pids
}

// group sends a signal as a terminal does, to the whole process group.
func (s *script) group(signal syscall.Signal) {
	s.t.Helper()
	if err := syscall.Kill(-s.cmd.Process.Pid, signal); err != nil {
		s.t.Fatal(err)
	}
}

// wantNothingLeft requires that no node is left.
func (s *script) wantNothingLeft() {
	s.t.Helper()
	for _, pid := range s.pids() {
		if syscall.Kill(pid, 0) == nil {
			s.t.Errorf("process %d is left", pid)
		}
	}
	for i := range portsPerScript {
		for _, port := range []int{s.port + i, s.gossipPort + i} {
			if conn, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", port)); err == nil {
				conn.Close()
				s.t.Errorf("port %d is still open", port)
			}
		}
	}
}

func TestTheClusterScriptRunsUntilCtrlC(t *testing.T) {
	s := startScript(t, "3")
	s.running()
	if n := len(s.pids()); n != 3 {
		t.Fatalf("%d nodes, want 3", n)
	}
	curl := fmt.Sprintf("cluster: try: curl http://127.0.0.1:%d/_gocache/scores/Tom\n", s.port)
	if !strings.Contains(s.out.String(), curl) {
		t.Errorf("no line %q", curl)
	}
	for i := range 3 {
		got, err := browser.Get(fmt.Sprintf("http://127.0.0.1:%d/_gocache/scores/Tom", s.port+i))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(got.Body)
		got.Body.Close()
		if err != nil || got.StatusCode != http.StatusOK || string(text) != "630" {
			t.Errorf("node%d: %s %q, error %v; want 630", i+1, got.Status, text, err)
		}
	}
	if times := strings.Count(s.logs.String(), "search Tom"); times != 1 {
		t.Errorf("Tom was searched %d times, want once", times)
	}
	s.group(syscall.SIGINT)
	if code := s.exitCode(); code != 0 {
		t.Errorf("exit code %d after Ctrl-C, want 0", code)
	}
	if times := strings.Count(s.logs.String(), "INF left"); times != 3 {
		t.Errorf("%d nodes say that they have drained and left, want 3", times)
	}
	s.wantNothingLeft()
}

func TestTheClusterScriptOutlivesANodeAndEndsBySignals(t *testing.T) {
	signals := []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP}
	if signal.Ignored(syscall.SIGHUP) { // under nohup: no script can hear what was ignored when it began
		signals = signals[:1]
	}
	for _, signal := range signals {
		s := startScript(t, "2", "--", "--group", "pages=1MiB", "--origin", "none")
		s.running()
		if !strings.Contains(s.out.String(), "/_gocache/GROUP/KEY") {
			t.Error("the curl line names a demonstration that does not run")
		}
		if err := syscall.Kill(s.pids()[1], syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, patience, "the script says that a node has ended", func() bool {
			return strings.Contains(s.logs.String(), "cluster: node2 has ended (killed by signal 9): 1 left\n")
		})
		s.signal(signal)
		if code := s.exitCode(); code != 0 {
			t.Errorf("exit code %d after %v, want 0", code, signal)
		}
		s.wantNothingLeft()
	}
}

func TestTheClusterScriptStopsAtOnceOnASecondCtrlC(t *testing.T) {
	s := startScript(t, "2")
	s.running()
	for _, pid := range s.pids() { // so that they cannot drain
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	s.group(syscall.SIGINT)
	// The script must have seen the first one: two that are pending at once are one signal.
	eventually(t, patience, "the script is stopping", func() bool { return strings.Contains(s.out.String(), "draining") })
	s.group(syscall.SIGINT)
	if code := s.exitCode(); code != 1 {
		t.Errorf("exit code %d after two Ctrl-C, want 1", code)
	}
	s.wantNothingLeft()
}

func TestTheClusterScriptRefusesAPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	for name, text := range map[string]string{"P2PCACHE_PORT": "9", "P2PCACHE_GOSSIP_PORT": "11"} {
		cmd := exec.Command("bash", "../../scripts/cluster.sh", "2")
		cmd.Env = append(os.Environ(), "P2PCACHE_PORT=9", "P2PCACHE_GOSSIP_PORT=11", fmt.Sprintf("%s=%d", name, port))
		out, err := cmd.CombinedOutput()
		want := fmt.Sprintf("cluster: port %d is in use: stop what uses it, or set %s to the first of 2 free ports\n", port, name)
		if cmd.ProcessState.ExitCode() != 1 || string(out) != want {
			t.Errorf("with %s=%s: error %v, %q; want exit code 1 and %q", name, text, err, out, want)
		}
	}
}

func TestTheClusterScriptSaysWhichNodeEndedAsItStarted(t *testing.T) {
	s := startScript(t, "2", "--origin", "nonsense", "--group", "a=1MiB")
	if code := s.exitCode(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if !regexp.MustCompile(`cluster: node[12] ended as it started \(exit code 2\): its last line is above\n`).MatchString(s.logs.String()) ||
		!strings.Contains(s.logs.String(), `--origin "nonsense": no such origin`) {
		t.Errorf("said %q, want which node ended and why", s.logs)
	}
	s.wantNothingLeft()
}

func TestTheClusterScriptRefusesArgumentsThatMakeNoSense(t *testing.T) {
	for _, c := range []struct {
		env, arg, want string
	}{
		{"", "0", "0 is no number of nodes: want 1 to 50"},
		{"", "51", "51 is no number of nodes"},
		{"", "three", "three is no number of nodes"},
		{"", "1e1", "1e1 is no number of nodes"},
		{"P2PCACHE_PORT=http", "3", "P2PCACHE_PORT is http: want a port"},
		{"P2PCACHE_GOSSIP_PORT=65534", "3", "P2PCACHE_GOSSIP_PORT is 65534: want a port with 2 more above it"},
		{"P2PCACHE_PORT=7948", "3", "ports 7948 and 7946 are less than 3 apart"},
	} {
		cmd := exec.Command("bash", "../../scripts/cluster.sh", c.arg)
		cmd.Env = append(os.Environ(), "P2PCACHE_PORT=9999", "P2PCACHE_GOSSIP_PORT=7946")
		if c.env != "" {
			cmd.Env = append(cmd.Env, c.env)
		}
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), c.want) {
			t.Errorf("%s cluster.sh %s: error %v, %q; want exit code 2 and %q", c.env, c.arg, err, out, c.want)
		}
	}
	out, err := exec.Command("bash", "../../scripts/cluster.sh", "--help").Output()
	if err != nil || !strings.HasPrefix(string(out), "usage: scripts/cluster.sh") {
		t.Errorf("--help: error %v, %q; want the usage", err, out)
	}
}
