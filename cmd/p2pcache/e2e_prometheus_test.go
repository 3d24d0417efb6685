package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// program returns the path of a program of Debian's package prometheus, or skips the test.
func program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed: it is in Debian's package prometheus", name)
	}
	return path
}

func TestPromtoolFindsTheMetricsAndTheRulesClean(t *testing.T) {
	t.Parallel()
	promtool := program(t, "promtool")
	p := serve(t)
	p.want(value("scores", "Tom"), reply{http.StatusOK, "630"})
	check := exec.Command(promtool, "check", "metrics")
	check.Stdin = strings.NewReader(p.ask(http.MethodGet, "/metrics", "").body)
	if out, err := check.CombinedOutput(); err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
	for _, args := range [][]string{
		{"check", "config", "prometheus.yml"}, {"check", "rules", "alerts.yml"}, {"test", "rules", "alerts_test.yml"},
	} {
		cmd := exec.Command(promtool, args...)
		cmd.Dir = filepath.Join("..", "..", "docs", "prometheus")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// prometheus is a running Prometheus.
type prometheus struct {
	t    testing.TB
	addr string
}

// startPrometheus starts one that scrapes the nodes each second, with the alert rules of the docs.
func startPrometheus(t testing.TB, nodes []*process) prometheus {
	t.Helper()
	path := program(t, "prometheus")
	rules, err := filepath.Abs(filepath.Join("..", "..", "docs", "prometheus", "alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, p := range nodes {
		targets = append(targets, p.listen)
	}
	config, err := json.Marshal(map[string]any{ // which is YAML as well
		"global":         map[string]any{"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
		"rule_files":     []string{rules},
		"scrape_configs": []any{map[string]any{"job_name": "p2pcache", "static_configs": []any{map[string]any{"targets": targets}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := prometheus{t, freePorts(t, 1)[0]}
	logs := &output{}
	cmd := exec.Command(path, "--config.file", file(t, "prometheus.yml", string(config)), "--storage.tsdb.path", t.TempDir(), "--web.listen-address", p.addr)
	cmd.Stderr = logs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Logf("logs of Prometheus:\n%s", logs)
		}
	})
	return p
}

// sample is one series of an answer.
type sample struct {
	Metric map[string]string
	Value  [2]any
}

// query asks for an expression's value now.
func (p prometheus) query(expr string) ([]sample, error) {
	reply, err := browser.Get("http://" + p.addr + "/api/v1/query?" + url.Values{"query": {expr}}.Encode())
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Status, Error string
		Data          struct{ Result []sample }
	}
	if err := json.Unmarshal(body, &doc); err != nil || doc.Status != "success" {
		return nil, fmt.Errorf("%s: %w", body, err)
	}
	return doc.Data.Result, nil
}

// dashboardQueries are those of all panels of the dashboard, with its variables filled in.
func dashboardQueries(t testing.TB) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "grafana", "p2pcache.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("$__rate_interval", "10s", "$job", "p2pcache", "$instance", ".*", "$group", ".*")
	queries := map[string]string{}
	for _, panel := range doc.Panels {
		for i, target := range panel.Targets {
			queries[fmt.Sprint(panel.Title, " ", i)] = fill.Replace(target.Expr)
		}
	}
	if len(queries) < 15 {
		t.Fatalf("%d queries in the dashboard, want all", len(queries))
	}
	return queries
}

func TestARealPrometheusFillsTheDashboardAndLoadsTheAlerts(t *testing.T) {
	t.Parallel()
	queries := dashboardQueries(t)
	nodes := cluster(t, 3, "--group", "pages=1MiB", "--origin", "http://"+echo(t)+"/{key}")
	p := startPrometheus(t, nodes)
	asked := 0
	call := func() {
		for range 20 {
			asked++
			nodes[asked%3].ask(http.MethodGet, value("pages", fmt.Sprint(asked/2)), "")
		}
	}
	for panel, expr := range queries {
		var got []sample
		eventually(t, patience, panel+" has values: "+expr, func() bool {
			call()
			var err error
			got, err = p.query(expr)
			return err == nil && len(got) > 0 && got[0].Value[1] != "NaN"
		})
	}
	for expr, want := range map[string]string{
		`sum(up{job="p2pcache"})`: "3", `min(p2pcache_members)`: "3", `count(count_values("ring", p2pcache_ring_hash))`: "1",
		`count(p2pcache_build_info)`: "3", `count(go_goroutines{job="p2pcache"})`: "3",
	} {
		eventually(t, patience, expr+" is "+want, func() bool { // a scrape may have taken too long
			got, err := p.query(expr)
			return err == nil && len(got) == 1 && got[0].Value[1] == want
		})
	}
	p.wantRules(t)
	// Its members differ: it is killed, and that is seen.
	nodes[2].signal(os.Kill)
	eventually(t, patience, "the alert P2pcacheDown is pending", func() bool {
		got, err := p.query(`ALERTS{alertname="P2pcacheDown", alertstate="pending"}`)
		return err == nil && len(got) == 1 && got[0].Metric["instance"] == nodes[2].listen
	})
}

// wantRules requires that all rules of the docs are loaded and could be evaluated.
func (p prometheus) wantRules(t testing.TB) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "prometheus", "alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var written struct{ Groups []struct{ Rules []any } }
	if err := yaml.Unmarshal(text, &written); err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, "all rules are evaluated", func() bool {
		reply, err := browser.Get("http://" + p.addr + "/api/v1/rules")
		if err != nil {
			return false
		}
		defer reply.Body.Close()
		var doc struct {
			Data struct {
				Groups []struct {
					Rules []struct{ Health, LastError, Name string }
				}
			}
		}
		if err := json.NewDecoder(reply.Body).Decode(&doc); err != nil || len(doc.Data.Groups) != 1 {
			return false
		}
		good := 0
		for _, r := range doc.Data.Groups[0].Rules {
			if r.LastError != "" {
				t.Fatalf("rule %s: %s", r.Name, r.LastError)
			}
			if r.Health == "ok" {
				good++
			}
		}
		return good == len(written.Groups[0].Rules)
	})
}
