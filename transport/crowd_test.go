//go:build unix

package transport_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// crowd opens n connections and says the same on each.
func crowd(tb testing.TB, addr string, n int, text string) {
	tb.Helper()
	for range n {
		conn, err := net.DialTimeout("tcp", addr, patience)
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { conn.Close() })
		io.WriteString(conn, text) // an error is a connection that was closed for others
	}
}

// served gets a value, however long that takes: scripts/chaos.sh connections files tells how long, in plain HTTP and in frames, over new connections, and by a client that was there before.
func served(tb testing.TB, addr, what string, before *transport.Client) {
	tb.Helper()
	for _, c := range []*transport.Client{
		before, connect(tb, transport.ClientConfig{Addr: addr}), connect(tb, transport.ClientConfig{Addr: addr, Plain: true}),
	} {
		began := time.Now()
		var err error
		for time.Since(began) < patience {
			var resp transport.Response
			if resp, err = c.Do(within(tb), transport.Request{Group: "g", Peer: true}); err == nil && string(resp.Value) == "630" {
				break
			}
		}
		if err != nil {
			tb.Errorf("%s: nobody is served within %v: %v", what, patience, err)
		}
	}
}

// crowds are what strangers do on many connections at once.
var crowds = map[string]string{
	"idle":           "",
	"slow headers":   "GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\nX-Slow: ",
	"slow bodies":    "PUT /_gocache/g/k HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nx",
	"chunks":         "PUT /_gocache/g/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
	"kept":           "GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\n\r\n",
	"upgraded":       shake.Request(),
	"upgraded, slow": shake.Request() + "\x00\x00\x00\x10\x01",
}

func TestACrowdOfStrangersKeepsNobodyFromBeingServed(t *testing.T) {
	for what, text := range crowds {
		addr := serve(t, transport.ServerConfig{Handler: answer(tom)})
		before := connect(t, transport.ClientConfig{Addr: addr})
		must(t, before, transport.Request{Group: "g"})
		crowd(t, addr, 500, text)
		served(t, addr, what, before)
	}
}

func TestMoreConnectionsThanThereIsRoomFor(t *testing.T) {
	for _, what := range []string{"idle", "slow headers", "kept"} {
		addr := serve(t, transport.ServerConfig{Handler: answer(tom), MaxConns: 100})
		before := connect(t, transport.ClientConfig{Addr: addr})
		must(t, before, transport.Request{Group: "g"})
		was := descriptors(t)
		crowd(t, addr, 2000, crowds[what])
		served(t, addr, what, before)
		eventually(t, "the connections that nobody uses are closed", func() bool { return descriptors(t)-was < 2000+150 })
	}
}

// TestFewDescriptors crowds a process that may open 64 files.
func TestFewDescriptors(t *testing.T) {
	for _, what := range []string{"idle", "slow headers", "kept"} {
		addr, stop := limited(t, 64)
		before := connect(t, transport.ClientConfig{Addr: addr})
		must(t, before, transport.Request{Group: "g"})
		crowd(t, addr, 200, crowds[what])
		served(t, addr, what, before)
		stop()
	}
}

// TestTenThousandConnections keeps as many open as this process may, up to ten thousand.
func TestTenThousandConnections(t *testing.T) {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		t.Fatal(err)
	}
	n := min(10_000, int(files.Cur)-500)
	addr, stop := limited(t, int(files.Cur))
	defer stop()
	before := connect(t, transport.ClientConfig{Addr: addr})
	must(t, before, transport.Request{Group: "g"})
	crowd(t, addr, n, crowds["kept"])
	served(t, addr, fmt.Sprintf("%d connections", n), before)
}

// limited runs TestServe in a process of its own that may open that many files, and returns its address.
func limited(t *testing.T, files int) (addr string, stop func()) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	limit := fmt.Sprintf("ulimit -n %d && exec \"$0\" -test.run '^TestServe$'", files)
	cmd := exec.CommandContext(t.Context(), "sh", "-c", limit, self)
	cmd.Env = append(os.Environ(), "TRANSPORT_SERVE=1")
	in, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	if errIn != nil || errOut != nil {
		t.Fatal(errIn, errOut)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), sync.OnceFunc(func() {
		in.Close()
		cmd.Wait()
	})
}

// TestServe is the other process of TestFewDescriptors: it serves until its input ends.
func TestServe(t *testing.T) {
	if os.Getenv("TRANSPORT_SERVE") == "" {
		return // called by itself: there is nothing to serve for
	}
	fmt.Println(serve(t, transport.ServerConfig{Handler: answer(tom), Fallback: http.NotFoundHandler()}))
	io.Copy(io.Discard, os.Stdin)
}
