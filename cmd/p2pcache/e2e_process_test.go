package main_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// rawRequest returns the status of a request whose path goes out byte by byte.
func rawRequest(t testing.TB, addr, method, path string) int {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", method, path, addr)
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%s %.80s: %v", method, path, err)
	}
	defer r.Body.Close()
	return r.StatusCode
}

// lastPort is the last port that freePorts gave away.
var lastPort atomic.Int32

// freePorts returns addresses for processes that must know them beforehand. They are of an IP of loopback that is this run's own
// where there are many, as on Linux, and none is given away twice: nobody else takes one before it is used.
func freePorts(t testing.TB, n int) []string {
	t.Helper()
	pid := os.Getpid()
	ip := fmt.Sprintf("127.%d.%d.%d", 64+pid>>16&63, pid>>8&255, pid&255)
	if runtime.GOOS != "linux" {
		ip = "127.0.0.1"
	}
	var addrs []string
	for len(addrs) < n {
		addr := fmt.Sprintf("%s:%d", ip, 20000+lastPort.Add(1))
		if l, err := net.Listen("tcp", addr); err == nil {
			l.Close()
			addrs = append(addrs, addr)
		} else if !errors.Is(err, syscall.EADDRINUSE) {
			t.Fatal(err)
		}
	}
	return addrs
}

// slowToDrain starts a node that takes long to leave: a load is under way that does not end before release.
func slowToDrain(t testing.TB, args ...string) *process {
	t.Helper()
	loading, release := make(chan struct{}), make(chan struct{})
	origin := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(loading)
		<-release
	}))
	t.Cleanup(func() { close(release); origin.Close() })
	p := serve(t, append(args, "--origin", origin.URL+"/{key}", "--group", "slow=1MiB,load-timeout=10m")...)
	go func() { _, _ = p.do(http.MethodGet, value("slow", "k"), "") }() // ends with the process
	select {
	case <-loading:
	case <-time.After(patience):
		t.Fatalf("nothing was loaded:\n%s", p.logs)
	}
	return p
}

func TestASignalDrainsAndExitsWith0(t *testing.T) {
	t.Parallel()
	for _, s := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		p := serve(t)
		p.signal(s)
		if code := p.exitCode(); code != 0 {
			t.Errorf("exit code %d after %v, want 0:\n%s", code, s, p.logs)
		}
		if conn, err := net.Dial("tcp", p.listen); err == nil {
			conn.Close()
			t.Errorf("%s still listens after %v", p.listen, s)
		}
	}
}

func TestANodeOutlivesWhoReadsItsLog(t *testing.T) {
	t.Parallel()
	p := serve(t)
	p.logs.close()
	for i := range 10 { // each is logged, and so written to a pipe that nobody reads
		p.want(value("scores", fmt.Sprint("nobody", i)), reply{http.StatusNotFound, "not found\n"})
	}
	p.want(value("scores", "Tom"), reply{http.StatusOK, "630"})
	p.signal(syscall.SIGTERM)
	if code := p.exitCode(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

func TestASecondSignalLeavesAtOnceAndExitsWith1(t *testing.T) {
	t.Parallel()
	p := slowToDrain(t, "--drain-timeout", "10m")
	p.signal(syscall.SIGTERM)
	eventually(t, patience, "the node has ended", func() bool {
		select {
		case <-p.exited:
			return true
		default:
			_ = p.cmd.Process.Signal(os.Interrupt) // it may have ended just now
			return false
		}
	})
	if code := p.exitCode(); code != 1 {
		t.Errorf("exit code %d after a second signal, want 1", code)
	}
	if want := "p2pcache: told twice to stop: left at once, before everything was handed over\n"; !strings.HasSuffix(p.logs.String(), want) {
		t.Errorf("logs end otherwise than with %q:\n%s", want, p.logs)
	}
}

func TestASignalThatIsSentTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	const tries = 5 // between two signals that come at once, a busy machine may let it wait for longer than they may be apart
	for try := 1; ; try++ {
		p := slowToDrain(t, "--drain-timeout", "1s")
		p.signal(syscall.SIGSTOP) // so that both come at once
		p.signal(syscall.SIGTERM)
		p.signal(os.Interrupt)
		p.signal(syscall.SIGCONT)
		code := p.exitCode()
		if code == 0 {
			return
		}
		if t.Logf("exit code %d at try %d:\n%s", code, try, p.logs); try == tries {
			t.Fatal("it never counts as one signal")
		}
	}
}

func TestDrainingEndsAtItsLimitAndExitsWith0(t *testing.T) {
	t.Parallel()
	p := slowToDrain(t, "--drain-timeout", "200ms")
	p.signal(syscall.SIGTERM)
	if code := p.exitCode(); code != 0 {
		t.Errorf("exit code %d at the limit, want 0", code)
	}
	if !strings.Contains(p.logs.String(), "left before everything was handed over") {
		t.Errorf("the logs do not warn of it:\n%s", p.logs)
	}
}

func TestADrainingProcessIsNotReady(t *testing.T) {
	t.Parallel()
	p := slowToDrain(t, "--drain-timeout", "10m")
	conn, err := net.Dial("tcp", p.listen) // before it stops to listen
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	readiness := func(reader *bufio.Reader) string {
		fmt.Fprintf(conn, "GET /readyz HTTP/1.1\r\nHost: %s\r\n\r\n", p.listen)
		r, err := http.ReadResponse(reader, nil)
		if err != nil {
			return err.Error()
		}
		defer r.Body.Close()
		text, _ := io.ReadAll(r.Body)
		return fmt.Sprintf("%d %s", r.StatusCode, text)
	}
	reader := bufio.NewReader(conn)
	if got := readiness(reader); got != "200 ready\n" {
		t.Errorf("before: %s, want 200 ready", got)
	}
	p.signal(syscall.SIGTERM)
	eventually(t, patience, "503 or the end of the connection", func() bool {
		got := readiness(reader)
		return got == "503 draining\n" || !strings.HasPrefix(got, "200")
	})
}

func TestAPortInUseEndsTheProcessWith1AndOneLine(t *testing.T) {
	t.Parallel()
	first := serve(t)
	for flag, addr := range map[string]string{"listen": first.listen, "gossip": first.gossip} {
		p, _ := launch(t, "--"+flag, addr)
		if code := p.exitCode(); code != 1 {
			t.Errorf("exit code %d, want 1", code)
		}
		want := "p2pcache: " + addr + " is in use by another process: choose another address with --" + flag + "\n"
		if got := p.logs.String(); !strings.HasSuffix(got, want) {
			t.Errorf("%s: said %q, want %q", flag, got, want)
		}
	}
}

func TestEveryLogLineIsJSONWithTimeAndNode(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 2, "--log-format", "json", "--log-level", "debug")
	nodes[0].want(value("scores", "Tom"), reply{http.StatusOK, "630"})
	for i, p := range nodes {
		p.signal(syscall.SIGTERM)
		if code := p.exitCode(); code != 0 {
			t.Errorf("exit code %d, want 0", code)
		}
		lines := 0
		for line := range strings.Lines(p.logs.String()) {
			var l struct {
				Level, Message, Node string
				Time                 time.Time
			}
			if err := json.Unmarshal([]byte(line), &l); err != nil || l.Level == "" || l.Time.IsZero() || l.Node != fmt.Sprint("node", i+1) {
				t.Errorf("line %q of node%d: error %v, want level, time and node", line, i+1, err)
			}
			if strings.Count(line, `"node":`) > 1 {
				t.Errorf("line %q names the node twice", line)
			}
			lines++
		}
		if lines == 0 {
			t.Errorf("node%d logged nothing", i+1)
		}
	}
}

func TestASecretKeepsStrangersOut(t *testing.T) {
	t.Parallel()
	secret, other := file(t, "secret", "one secret\n"), file(t, "other", "another\n")
	nodes := cluster(t, 2, "--secret-file", secret)
	for _, p := range nodes {
		p.want(value("scores", "Tom"), reply{http.StatusOK, "630"})
	}
	stranger := serve(t, "--secret-file", other, "--join", nodes[0].gossip)
	stranger.want(value("scores", "Tom"), reply{http.StatusOK, "630"})
	for _, p := range append(nodes, stranger) {
		if want := map[bool]string{true: "1", false: "2"}[p == stranger]; p.metric("p2pcache_members") != want {
			t.Errorf("%s knows %s members, want %s", p.name, p.metric("p2pcache_members"), want)
		}
	}
}
