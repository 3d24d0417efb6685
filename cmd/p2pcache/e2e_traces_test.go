package main_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// collector is an OTLP endpoint that keeps what it is sent.
type collector struct {
	mu   sync.Mutex
	sent []byte // guarded by mu
}

func (c *collector) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = append(c.sent, body...)
}

func (c *collector) has(text []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Contains(c.sent, text)
}

// wantInTrace gets a page as part of a trace, and wants that of the origin's request to be the same.
func (p *process) wantInTrace(key string) {
	p.t.Helper()
	const caller, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	get, err := http.NewRequest(http.MethodGet, "http://"+p.listen+value("pages", key), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	get.Header.Set("Traceparent", "00-"+caller+"-"+span+"-01")
	got, err := browser.Do(get)
	if err != nil {
		p.t.Fatal(err)
	}
	defer got.Body.Close()
	if told, _ := io.ReadAll(got.Body); !strings.HasPrefix(string(told), "00-"+caller+"-") || strings.Contains(string(told), span) {
		p.t.Errorf("the origin was told of %q, want a span of its own in the caller's trace", told)
	}
}

func TestLoadsAreTracedToTheOriginWhereTheEnvironmentAsksForIt(t *testing.T) {
	var c collector
	endpoint := httptest.NewServer(&c)
	defer endpoint.Close()
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Header.Get("Traceparent"))
	}))
	defer origin.Close()
	args := []string{"--origin", origin.URL + "/{key}", "--group", "pages=1MiB", "--name", "tracing-node"}
	off := serve(t, args...)
	off.want(value("pages", "k"), reply{http.StatusOK, ""})

	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.URL)
	on, late := serve(t, args...), lateness(t)
	parent := strings.Split(on.ask(http.MethodGet, value("pages", "k"), "").body, "-")
	if len(parent) != 4 || len(parent[1]) != 32 {
		t.Fatalf("the origin was told of %q, want a trace", parent)
	}
	on.wantInTrace("another")
	on.signal(syscall.SIGTERM)
	if code := on.exitCode(); code != 0 {
		t.Errorf("exit %d, want 0", code)
	}
	id, err := hex.DecodeString(parent[1])
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string][]byte{"trace": id, "span": []byte("load pages"), "service": []byte("p2pcache"), "node": []byte("tracing-node")} {
		if !c.has(text) && late() < muchTooLate { // who ends waits two seconds for the last traces to be sent
			t.Errorf("the collector was not sent the %s %q", what, text)
		}
	}
}

func TestLoadsAreTracedWhicheverMemberIsAsked(t *testing.T) {
	var c collector
	endpoint := httptest.NewServer(&c)
	defer endpoint.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.URL)
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Header.Get("Traceparent"))
	}))
	defer origin.Close()
	nodes := cluster(t, 2, "--origin", origin.URL+"/{key}", "--group", "pages=1MiB")
	for i := range 20 {
		nodes[i%2].wantInTrace(fmt.Sprint("key", i))
	}
}
