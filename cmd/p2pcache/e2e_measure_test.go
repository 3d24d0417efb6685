package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// awaitStats waits until a node tells what each of some members counts: one that takes longer than a second to say so is silent to it.
func awaitStats(t testing.TB, members int, ask func() result) {
	t.Helper()
	var last result
	defer func() {
		if t.Failed() {
			t.Logf("stats: exit %d, %s%s", last.code, last.out, last.err)
		}
	}()
	eventually(t, patience, "all members tell what they count", func() bool {
		last = ask()
		return last.code == 0 && strings.Count(last.out, "serving") == members && strings.Contains(last.out, "all")
	})
}

func TestTheToolsThatMeasureACluster(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3, "--group", "notes=1MiB")
	at := func(args ...string) result { return tool(t, append(args, "--server", nodes[0].listen)...) }
	var report struct {
		Requests, Errors int64
		Percentiles      []struct{ Percent, Seconds float64 }
	}
	plot := filepath.Join(t.TempDir(), "times.svg")
	r := at("bench", "notes", "--fill", "--keys", "50", "--duration", "300ms", "--spread", "--callers", "4", "--json", "--plot", plot)
	if err := json.Unmarshal([]byte(r.out), &report); err != nil || r.code != 0 || report.Requests == 0 || report.Errors != 0 || len(report.Percentiles) < 10 {
		t.Errorf("bench: exit %d, %s %s: %v", r.code, r.out, r.err, err)
	}
	if svg, err := os.ReadFile(plot); err != nil || !strings.Contains(string(svg), "<svg") {
		t.Errorf("the plot is %.40q, error %v", svg, err)
	}
	if r := at("bench", "notes", "--duration", "50ms", "--callers", "1"); r.code != 0 || !strings.Contains(r.out, "99.9 %") {
		t.Errorf("bench: exit %d, %s %s", r.code, r.out, r.err)
	}
	awaitStats(t, 3, func() result { return at("stats") })
	var stats struct {
		Members []struct{ Stats *struct{ Groups []any } }
	}
	eventually(t, patience, "stats --json tells of three members", func() bool {
		r := at("stats", "--json")
		err := json.Unmarshal([]byte(r.out), &stats)
		return r.code == 0 && err == nil && len(stats.Members) == 3 && stats.Members[2].Stats != nil
	})
	if r := at("top", "--count", "2", "--interval", "100ms"); r.code != 0 || strings.Count(r.out, "\n") != 3 || !strings.HasPrefix(r.out, "TIME ") {
		t.Errorf("top: exit %d, %q %s; want a title and two lines", r.code, r.out, r.err)
	}
	if r := at("top", "--count", "1", "--interval", "10ms", "--json"); r.code != 0 || !strings.Contains(r.out, `"all":{"member":"all"`) {
		t.Errorf("top --json: exit %d, %q %s", r.code, r.out, r.err)
	}
	for _, command := range []string{"stats", "top"} {
		wantError(t, at(command, "--group", "nowhere"), 4, `unknown group "nowhere"`)
	}
	wantError(t, at("bench", "nowhere", "--duration", "10ms", "--fill"), 4, "unknown group")
}

func TestWarmLoadsAListAndGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	addrs := freePorts(t, 2) // nobody else takes them once it is killed
	p := serve(t, "--listen", addrs[0], "--gossip", addrs[1], "--origin", "http://"+echo(t)+"/{key}", "--group", "pages=1MiB")
	list, state := file(t, "keys", "a\nb\nc\n"), filepath.Join(t.TempDir(), "state")
	r := tool(t, "warm", "pages", list, "--server", p.listen, "--resume", state)
	if r.code != 0 || !strings.HasPrefix(r.out, "3 keys warmed, 0 not found, 0 failed, 0 skipped") {
		t.Errorf("exit %d, %q %q", r.code, r.out, r.err)
	}
	if loads := p.metric(`p2pcache_origin_loads_total{group="pages"}`); loads != "3" {
		t.Errorf("%s loads, want 3", loads)
	}
	if _, err := os.Stat(state); err == nil {
		t.Error("the state is kept though all is done")
	}
	p.signal(os.Kill)
	p.exitCode()
	if r := tool(t, "warm", "pages", list, "--server", p.listen, "--resume", state, "--json"); r.code != 1 || !strings.Contains(r.out, `"failed":3`) {
		t.Errorf("exit %d, %q %q; want that all failed", r.code, r.out, r.err)
	}
	if text, err := os.ReadFile(state); string(text) != "0\n" || err != nil {
		t.Errorf("the state is %q, error %v; want that nothing is done", text, err)
	}
	wantError(t, tool(t, "warm", "pages", "/absent"), 2, "FILE: open /absent")
}
