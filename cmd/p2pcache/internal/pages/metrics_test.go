package pages_test

import (
	"bytes"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// ours are the lines of /metrics that are about the node and not about Go, the process or the build.
func ours(t testing.TB, p *pages.Pages) string {
	t.Helper()
	w := ask(p, http.MethodGet, "/metrics")
	if w.Code != http.StatusOK {
		t.Fatalf("/metrics: %d %s", w.Code, w.Body)
	}
	var lines []string
	for line := range strings.Lines(w.Body.String()) {
		if strings.Contains(line, "p2pcache_") && !strings.Contains(line, "build_info") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

func TestMetricsAreThoseThatScriptsRead(t *testing.T) {
	golden := filepath.Join("testdata", "metrics.txt")
	got := ours(t, shown(t))
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("metrics:\n%s\nwant, as in %s:\n%s", got, golden, want)
	}
}

func TestMetricsTellOfTheProcessAndTheBuild(t *testing.T) {
	body := ask(shown(t), http.MethodGet, "/metrics").Body.String()
	for _, want := range []string{"\ngo_goroutines ", "\np2pcache_build_info{goversion=\"go1."} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in /metrics", want)
		}
	}
}

func TestMetricsFollowPrometheusConventions(t *testing.T) {
	families, err := pages.NewRegistry(fake{peer: "node2"}).Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestAHostilePeersNameDoesNotHideTheMetrics(t *testing.T) {
	p := show(t, pages.Config{}, fake{peer: "\xff\"\n"})
	if got, want := ours(t, p), `peer="`+"\uFFFD"+`\"\n"`; !strings.Contains(got, want) {
		t.Errorf("no %s in\n%s", want, got)
	}
}

func BenchmarkMetrics(b *testing.B) {
	p := shown(b)
	b.ReportAllocs()
	for b.Loop() {
		if body := ask(p, http.MethodGet, "/metrics").Body.Bytes(); !bytes.Contains(body, []byte("p2pcache_members 2")) {
			b.Fatalf("%s", body)
		}
	}
}
