package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/node"
)

// startNode starts a node with an empty group "notes" in this process, and makes it the one that commands ask.
func startNode(t testing.TB) *node.Node {
	t.Helper()
	p := pages.New(pages.Config{})
	n, err := node.New(node.Config{Name: "alone", Listen: "127.0.0.1:0", Gossip: "127.0.0.1:0", Zone: "z", Fallback: p})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	if _, err := n.NewGroup("notes", node.GroupConfig{MaxValueBytes: 1 << 10}); err != nil {
		t.Fatal(err)
	}
	p.Show(n, zerolog.Nop())
	t.Setenv("P2PCACHE_SERVER", n.Self().HTTPAddr)
	t.Setenv("P2PCACHE_TIMEOUT", patience.String())
	return n
}

func want(t testing.TB, got result, code int, out string) {
	t.Helper()
	if got.code != code || got.out != out {
		t.Errorf("exit %d, out %.200q, error %.200q; want %d, %.200q", got.code, got.out, got.err, code, out)
	}
}

func wantError(t testing.TB, got result, code int, text string) {
	t.Helper()
	if got.code != code || !strings.Contains(got.err, text) || got.out != "" {
		t.Errorf("exit %d, out %q, error %q; want %d and %q", got.code, got.out, got.err, code, text)
	}
}

func TestWhatIsPutIsGotByteByByte(t *testing.T) {
	startNode(t)
	raw := "a\x00b\xff\n\r\n"
	want(t, p2p("", "put", "notes", "k", "v"), 0, "")
	want(t, p2p("", "get", "notes", "k"), 0, "v")
	want(t, p2p(raw, "put", "notes", "k", "-"), 0, "")
	want(t, p2p("", "get", "notes", "k"), 0, raw)
	want(t, p2p("", "put", "notes", "k", "--file", file(t, "value", raw+"2")), 0, "")
	want(t, p2p("", "get", "notes", "k"), 0, raw+"2")
	want(t, p2p("", "put", "notes", "k", ""), 0, "")
	want(t, p2p("", "get", "notes", "k"), 0, "")
	want(t, p2p("", "put", "notes", "-k", "--", "-v"), 2, "")
	want(t, p2p("", "put", "notes", "--", "-k", "-v"), 0, "")
	want(t, p2p("", "get", "--", "notes", "-k"), 0, "-v")
}

func TestAnyKeyCanBeNamed(t *testing.T) {
	startNode(t)
	for _, key := range []string{"a/b", "//", "..", ".", "%2F", "a+b c", "\xff\x01", "?#", "é", strings.Repeat("k", 4096)} {
		want(t, p2p("", "put", "notes", key, "v"), 0, "")
		want(t, p2p("", "get", "notes", key), 0, "v")
		want(t, p2p("", "rm", "notes", key), 0, "")
		wantError(t, p2p("", "get", "notes", key), 4, "not found")
	}
}

func TestAnAnswerInJSON(t *testing.T) {
	startNode(t)
	want(t, p2p("", "put", "notes", "k<", "v&", "--ttl", "1h", "--json"), 0,
		`{"group":"notes","key":"k<","bytes":2,"ttl_seconds":3600}`+"\n")
	want(t, p2p("\xff", "put", "notes", "\xfe", "-", "--json"), 0,
		`{"group":"notes","key_base64":"/g==","bytes":1,"ttl_seconds":0}`+"\n")
	want(t, p2p("", "get", "notes", "\xfe", "--json"), 0,
		`{"group":"notes","key_base64":"/g==","value_base64":"/w==","ttl_seconds":0}`+"\n")
	var got struct {
		Group, Key, Value string
		TTLSeconds        float64 `json:"ttl_seconds"`
	}
	r := p2p("", "get", "notes", "k<", "--json")
	if err := json.Unmarshal([]byte(r.out), &got); err != nil {
		t.Fatalf("%q: %v", r.out, err)
	}
	if got.Group != "notes" || got.Key != "k<" || got.Value != "v&" || got.TTLSeconds < 3500 || got.TTLSeconds > 3600 {
		t.Errorf("got %+v, want v& for up to 3600 s", got)
	}
	want(t, p2p("", "rm", "notes", "k<", "absent", "--json"), 0, `{"group":"notes","removed":2}`+"\n")
	want(t, p2p("", "purge", "notes", "--json"), 0, `{"purged":"notes"}`+"\n")
}

func TestExitCodesTellAMissFromAFailure(t *testing.T) {
	startNode(t)
	want(t, p2p("", "put", "notes", "k", "v"), 0, "")
	want(t, p2p("", "rm", "notes", "k", "absent"), 0, "")
	wantError(t, p2p("", "get", "notes", "k"), 4, `p2pcache: get notes "k": `)
	wantError(t, p2p("", "get", "nowhere", "k"), 4, "unknown group")
	wantError(t, p2p("", "put", "nowhere", "k", "v"), 4, "unknown group")
	wantError(t, p2p("", "rm", "nowhere", "k"), 4, "unknown group")
	wantError(t, p2p("", "purge", "nowhere"), 4, "unknown group")
	wantError(t, p2p("", "owner", "nowhere", "k"), 4, `unknown group "nowhere"`)
	wantError(t, p2p("", "put", "notes", "k", strings.Repeat("x", 1<<10+1)), 1, "longer than 1024 bytes")
	wantError(t, p2p("", "get", "notes", strings.Repeat("k", 4097)), 1, "at most 4096")
}

func TestPurgeEmptiesAGroup(t *testing.T) {
	startNode(t)
	for _, key := range []string{"a", "b"} {
		want(t, p2p("", "put", "notes", key, "v"), 0, "")
	}
	want(t, p2p("", "purge", "notes"), 0, "")
	for _, key := range []string{"a", "b"} {
		wantError(t, p2p("", "get", "notes", key), 4, "not found")
	}
}

func TestMembersAndOwnersAreTables(t *testing.T) {
	self := startNode(t).Self()
	width := func(s, title string) int { return max(len(s), len(title)) }
	want(t, p2p("", "members"), 0, fmt.Sprintf("%-5s  %-*s  %-*s  %s\n%-5s  %s  %s  %s\n",
		"NAME", width(self.HTTPAddr, "HTTP"), "HTTP", width(self.GossipAddr, "GOSSIP"), "GOSSIP", "ZONE  WEIGHT  STATE",
		"alone", self.HTTPAddr, self.GossipAddr, "z     1       serving (asked)"))
	table := fmt.Sprintf("%s%-*s  %s\n%s%s  %s\n",
		"RANK  NAME   ", width(self.HTTPAddr, "HTTP"), "HTTP", "ZONE", "1     alone  ", self.HTTPAddr, "z")
	want(t, p2p("", "owner", "notes", "k"), 0, table)
	want(t, p2p("", "owner", "notes", "k", "-n", "3"), 0, table)
}

func TestMembersAndOwnersInJSON(t *testing.T) {
	n := startNode(t)
	self := n.Self()
	member := fmt.Sprintf(`{"name":"alone","http_addr":"%s","gossip_addr":"%s","zone":"z","weight":1,"draining":false}`,
		self.HTTPAddr, self.GossipAddr)
	want(t, p2p("", "members", "--json"), 0,
		fmt.Sprintf(`{"self":"alone","ring_hash":%d,"members":[%s]}`+"\n", n.Stats().RingHash, member))
	want(t, p2p("", "owner", "notes", "\xff", "--json"), 0, `{"group":"notes","key_base64":"/w==","owners":[`+member+"]}\n")
}

func TestANodeThatIsNotThereIsNamed(t *testing.T) {
	addr := freePorts(t, 1)[0]
	for _, args := range [][]string{{"get", "g", "k"}, {"put", "g", "k", "v"}, {"rm", "g", "k"}, {"purge", "g"}, {"members"}, {"owner", "g", "k"}} {
		r := p2p("", append(args, "--server", addr)...)
		wantError(t, r, 1, "cannot reach "+addr)
		wantError(t, r, 1, "is a node running there? --server names another")
	}
}

func TestANodeThatDoesNotAnswerIsWaitedForAsLongAsTimeoutSays(t *testing.T) {
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer s.Close()
	defer close(release)
	for _, args := range [][]string{{"get", "g", "k"}, {"members"}} {
		r := p2p("", append(args, "--server", s.URL, "--timeout", "50ms")...)
		wantError(t, r, 1, "no answer from "+s.URL+" within 50ms: --timeout sets how long to wait")
	}
}

func TestAnotherServiceIsNoNode(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }))
	defer s.Close()
	wantError(t, p2p("", "members", "--server", s.URL), 1, "is no p2pcache node")
	missing := httptest.NewServer(http.NotFoundHandler())
	defer missing.Close()
	wantError(t, p2p("", "members", "--server", missing.URL), 1, "answered 404 Not Found")
}

func TestVariablesConfigureTheTools(t *testing.T) {
	startNode(t)
	t.Setenv("P2PCACHE_TIMEOUT", "soon")
	wantError(t, p2p("", "get", "notes", "k"), 2, `P2PCACHE_TIMEOUT="soon": want a duration`)
	t.Setenv("P2PCACHE_TIMEOUT", time.Minute.String())
	t.Setenv("P2PCACHE_SECRET_FILE", filepath.Join(t.TempDir(), "absent"))
	wantError(t, p2p("", "get", "notes", "k"), 2, "--secret-file")
}

func TestAShellCompletesTheGroupsOfTheNode(t *testing.T) {
	startNode(t)
	eventually(t, patience, "the node's groups are named", func() bool { // which is left out where that would keep the shell waiting
		return p2p("", "__complete", "get", "").out == "notes\n:4\n"
	})
	want(t, p2p("", "__complete", "get", "notes", ""), 0, ":4\n")
	want(t, p2p("", "__complete", "warm", "notes", ""), 0, ":0\n")
	want(t, p2p("", "__complete", "get", "--server", "127.0.0.1:1", ""), 0, ":4\n")
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if r := p2p("", "completion", shell); r.code != 0 || !strings.Contains(r.out, "p2pcache") {
			t.Errorf("completion %s: exit %d, %.100q", shell, r.code, r.out)
		}
	}
}
