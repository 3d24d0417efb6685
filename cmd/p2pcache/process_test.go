package main_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	// patience bounds every wait: beyond it, something is broken and not slow, were it on a machine that is busy.
	patience = 2 * time.Minute
	// steady has members suspect each other for long: none is to be taken for dead because a machine is busy.
	steady = "--gossip-profile=lan,suspicion-mult=40"
	// pollEvery is how often a condition is looked at.
	pollEvery = 20 * time.Millisecond
)

// binary is the path of the built command, built once for all tests. The directory is removed by TestMain.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "p2pcache")
	args := []string{"build", "-o", path}
	if raceEnabled {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, ".")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// scratch is a directory of this run of the tests, set by TestMain before any of them.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "p2pcache-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	scratch = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// output collects what a process writes. It is safe for concurrent use.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
	end bool         // guarded by mu; who reads it has gone
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.end {
		return 0, io.ErrClosedPipe // so that the process's pipe is closed
	}
	return o.buf.Write(p)
}

// close ends the reading of what a process says.
func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.end = true
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// process is a running "p2pcache serve".
type process struct {
	t                    testing.TB
	cmd                  *exec.Cmd
	name, listen, gossip string // of its ready line
	logs                 *output
	exited               chan struct{} // closed once it has ended
}

// launch starts "p2pcache serve" with args and free ports, and leaves it when the test ends.
func launch(t testing.TB, args ...string) (p *process, ready *bufio.Reader) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--gossip", "127.0.0.1:0"}, args...)
	p = &process{t: t, cmd: exec.Command(path, args...), logs: &output{}, exited: make(chan struct{})}
	p.cmd.Stderr = p.logs
	out, in := io.Pipe()
	p.cmd.Stdout = in
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // its state is read from cmd
		in.Close()
		close(p.exited)
	}()
	t.Cleanup(p.end)
	return p, bufio.NewReader(out)
}

// end kills the process if it still runs, and fails the test if it raced or panicked.
func (p *process) end() {
	_ = p.cmd.Process.Kill() // it has ended already, mostly
	<-p.exited
	logs := p.logs.String()
	if strings.Contains(logs, "DATA RACE") || strings.Contains(logs, "panic:") || strings.Contains(logs, "goroutine 1 [") {
		p.t.Errorf("%s broke:\n%s", p.name, logs)
	} else if p.t.Failed() {
		p.t.Logf("logs of %s:\n%s", p.name, logs)
	}
}

// serve starts a node and waits until it says that it is ready.
func serve(t testing.TB, args ...string) *process {
	t.Helper()
	p, out := launch(t, args...)
	line := make(chan string, 1)
	go func() { // ends with the process
		text, _ := out.ReadString('\n')
		line <- text
		_, _ = io.Copy(io.Discard, out)
	}()
	select {
	case text := <-line:
		if _, err := fmt.Sscanf(text, "ready name=%s listen=%s gossip=%s\n", &p.name, &p.listen, &p.gossip); err != nil {
			t.Fatalf("said %q, want that it is ready: %v\n%s", text, err, p.logs)
		}
	case <-time.After(patience):
		t.Fatalf("is not ready after %v:\n%s", patience, p.logs)
	}
	return p
}

// signal sends s to the process.
func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// address is the one that a line of the log tells.
func (p *process) address(line string) string {
	p.t.Helper()
	find := regexp.MustCompile(line + `.* addr=(\S+)`)
	eventually(p.t, patience, line, func() bool { return find.MatchString(p.logs.String()) })
	return find.FindStringSubmatch(p.logs.String())[1]
}

// reload has the process read its files again, and waits until a new line of its log says so.
func (p *process) reload(line string) {
	p.t.Helper()
	said := func() int { return strings.Count(p.logs.String(), line) }
	before := said()
	p.signal(syscall.SIGHUP)
	eventually(p.t, patience, line, func() bool { return said() > before })
}

// exitCode waits for the process to end.
func (p *process) exitCode() int {
	p.t.Helper()
	select {
	case <-p.exited:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatalf("%s has not ended after %v:\n%s", p.name, patience, p.logs)
		return 0
	}
}

// reply is what a node answered.
type reply struct {
	code int
	body string
}

// browser asks nodes; its connections are not kept, so that killed processes leave nothing behind.
var browser = &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}

// do sends a request for a path, which goes out as it is.
func (p *process) do(method, path, body string) (reply, error) {
	req, err := http.NewRequest(method, "http://"+p.listen+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	got, err := browser.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	return reply{got.StatusCode, string(text)}, err
}

// ask sends a request that must be answered.
func (p *process) ask(method, path, body string) reply {
	p.t.Helper()
	r, err := p.do(method, path, body)
	if err != nil {
		p.t.Fatalf("%s of %s: %v\n%s", path, p.name, err, p.logs)
	}
	return r
}

// want requires an answer to a GET.
func (p *process) want(path string, want reply) {
	p.t.Helper()
	if got := p.ask(http.MethodGet, path, ""); got != want {
		p.t.Errorf("%s of %s: %d %.200q, want %d %.200q", path, p.name, got.code, got.body, want.code, want.body)
	}
}

// value is the path of a key.
func value(group, key string) string {
	return "/_gocache/" + url.PathEscape(group) + "/" + url.PathEscape(key)
}

// metric returns the value of a metric, as it is written.
func (p *process) metric(name string) string {
	r, err := p.do(http.MethodGet, "/metrics", "")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(r.body) {
		if text, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(text)
		}
	}
	return ""
}

// eventually waits for a condition.
func eventually(t testing.TB, within time.Duration, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for deadline := time.Now().Add(within); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("after %v, not yet: %s", within, what)
		}
	}
}

// muchTooLate is how late timers are where a machine starves its processes so much that one may take another for silent.
const muchTooLate = 300 * time.Millisecond

// lateness watches how late the timers of this process are from now on: those of the processes beside it are as late. It tells how
// late one was at most.
func lateness(t testing.TB) (most func() time.Duration) {
	var longest atomic.Int64
	ctx, done := t.Context(), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(pollEvery)
		defer tick.Stop()
		for last := time.Now(); ctx.Err() == nil; {
			<-tick.C
			now := time.Now()
			longest.Store(max(longest.Load(), int64(now.Sub(last)-pollEvery)))
			last = now
		}
	}()
	t.Cleanup(func() { <-done })
	return func() time.Duration { return time.Duration(longest.Load()) }
}

// agree waits until each node knows all of them, and all have one ring, whose hash it returns.
func agree(t testing.TB, within time.Duration, nodes ...*process) string {
	t.Helper()
	var hash string
	eventually(t, within, fmt.Sprintf("%d nodes agree", len(nodes)), func() bool {
		hash = nodes[0].metric("p2pcache_ring_hash")
		for _, p := range nodes {
			if p.metric("p2pcache_members") != fmt.Sprint(len(nodes)) || p.metric("p2pcache_ring_hash") != hash {
				return false
			}
		}
		return hash != ""
	})
	return hash
}

// cluster starts n nodes that join through the first, and waits until they agree. It takes them long to find one dead.
func cluster(t testing.TB, n int, args ...string) []*process {
	t.Helper()
	args = append([]string{steady}, args...)
	nodes := []*process{serve(t, append(args, "--name", "node1")...)}
	for i := 2; i <= n; i++ {
		nodes = append(nodes, serve(t, append(args, "--name", fmt.Sprint("node", i), "--join", nodes[0].gossip)...))
	}
	agree(t, patience, nodes...)
	return nodes
}

// logged counts how often nodes logged text.
func logged(nodes []*process, text string) (times int) {
	for _, p := range nodes {
		times += strings.Count(p.logs.String(), text)
	}
	return times
}
