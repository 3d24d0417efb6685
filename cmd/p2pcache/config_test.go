package main_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

const goodFile = `name: node1
listen: 127.0.0.1:0
gossip: 127.0.0.1:0
groups:
  pages:
    size: 1MiB
    ttl: 5m
    origin:
      url: http://127.0.0.1:1/{group}/{key}
      headers: {Authorization: 'Bearer ${PAGES_TOKEN}'}
      timeout: 2s
      retries: 2
      retry-budget: 10%
      revalidate: 1MiB
  sessions: {size: 2MiB, replicas: 2, origin: none}
  demo: {size: 1MiB, origin: demo}
`

func TestAGoodFileIsSaidToBeGood(t *testing.T) {
	t.Setenv("PAGES_TOKEN", "token")
	path := file(t, "conf.yaml", goodFile)
	want(t, p2p("", "config", "check", path), 0, path+" is good: group pages from http://127.0.0.1:1/{group}/{key}, group sessions from none, group demo from demo\n")
	want(t, p2p("", "config", "check", path, "--json"), 0, `{"good":true,"groups":["pages","sessions","demo"]}`+"\n")
}

func TestTheFileThatHelpShowsIsGood(t *testing.T) {
	t.Setenv("BACKEND_TOKEN", "token")
	help := p2p("", "help", "config").out
	_, shown, _ := strings.Cut(help, "name: node1")
	shown, _, _ = strings.Cut("name: node1"+shown, "\n\n")
	shown = strings.ReplaceAll(shown, "\n  ", "\n")
	shown = strings.Replace(shown, "/etc/p2pcache/secret", file(t, "secret", "secret"), 1)
	shown = strings.Replace(shown, "/srv/thumbnails", t.TempDir(), 1)
	if r := p2p("", "config", "check", file(t, "conf.yaml", shown)); r.code != 0 {
		t.Errorf("%s\n%s", shown, r.err)
	}
}

func TestAllThatIsWrongIsSaidAtOnceWithItsLine(t *testing.T) {
	path := file(t, "conf.yaml", `listen: 0.0.0.0:1
weight: heavy
colour: blue
join: [nowhere]
groups:
  pages:
    ttl: soon
    origin: {url: 'http://h/', retries: 99}
  users: {size: 1MiB, origin: {headers: {A: b}}}
  photos: {size: 1MiB, colour: blue}
  broken: {size: 1MiB, origin: 'file:/absent'}
  twice: {size: 1MiB, ttl: 1m, ttl: 2m}
  plain: 1MiB
`)
	r := p2p("", "config", "check", path, "--json")
	var doc struct {
		Good     bool
		Problems []string
	}
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil || r.code != 2 || doc.Good {
		t.Fatalf("exit %d, %s %s: %v", r.code, r.out, r.err, err)
	}
	all := strings.Join(doc.Problems, "\n")
	for _, want := range []string{
		`conf.yaml:2: weight: "heavy": want a whole number from 1 to 100`,
		"conf.yaml:3: colour: no such setting: there are admin, ",
		`conf.yaml:7: groups.pages.ttl: "soon": want a duration such as`,
		`conf.yaml:8: groups.pages.origin.retries: "99": want a whole number from 0 to 10`,
		"conf.yaml:6: groups.pages: no size: say how much memory",
		"conf.yaml:9: groups.users.origin: no url: say where values come from",
		"conf.yaml:10: groups.photos.colour: no such option: there are size, origin, ttl,",
		"conf.yaml:12: groups.twice: line 12: ttl is given twice: it is on line 12 already",
		"conf.yaml:13: groups.plain: want options, such as {size: 64MiB, ttl: 5m}",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	if strings.Contains(all, " json,") {
		t.Errorf("a flag of the check itself is named as a setting:\n%s", all)
	}
}

func TestWhatContradictsItselfIsSaidWithItsPlace(t *testing.T) {
	t.Setenv("P2PCACHE_PEERS", "http://127.0.0.1:1")
	path := file(t, "conf.yaml", `listen: 0.0.0.0:1
join: [127.0.0.1:2, 'no where']
groups:
  pages: {size: 1MiB, origin: 'http://h/'}
  other: {size: 1MiB, origin: {url: 'http://h/{key}', headers: {A: '${P2P_UNSET}'}}}
  large: {size: 1MiB, max-key: 1MiB}
`)
	r := p2p("", "config", "check", path)
	for _, want := range []string{
		"P2PCACHE_PEERS and " + path + ":2: join: give one",
		path + ":2: join \"no where\":",
		path + ":1: listen 0.0.0.0:1 can be reached from other machines",
		path + `:4: groups.pages.origin "http://h/": no {key} in it`,
		path + `:5: groups.other.origin "http://h/{key}": header "A": the variable P2P_UNSET is not set`,
		path + ":6: groups.large: node: ",
	} {
		if r.code != 2 || !strings.Contains(r.err, "p2pcache: "+want) {
			t.Errorf("exit %d, no %q in\n%s", r.code, want, r.err)
		}
	}
	if lines := regexp.MustCompile(`(?m)^p2pcache: `).FindAllString(r.err, -1); len(lines) != 6 {
		t.Errorf("%d problems, want 6:\n%s", len(lines), r.err)
	}
}

func TestAFlagReplacesAllGroupsOfTheFile(t *testing.T) {
	path := file(t, "conf.yaml", "groups: {a: {size: 1MiB}, b: {size: 1MiB}}\n")
	if s := resolve(t, "--config", path); len(s.Groups) != 2 || s.Origin != "none" {
		t.Errorf("groups %q from %s, want a and b from none", s.Groups, s.Origin)
	}
	if s := resolve(t, "--config", path, "--group", "c=1MiB"); len(s.Groups) != 1 || s.Groups[0] != "c" {
		t.Errorf("groups %q, want c alone", s.Groups)
	}
	both := file(t, "both.yaml", "group: c=1MiB\ngroups: {a: {size: 1MiB}}\n")
	wantError(t, p2p("", "config", "check", both), 2, "both.yaml:2: groups: group is given as well: write all groups here")
}

func TestHUPReadsTheFileAgain(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.Header.Get("X-From") + r.URL.Path))
	}))
	t.Cleanup(s.Close)
	config := func(level, from, size string) string {
		return "log-level: " + level + "\ngroups: {pages: {size: " + size + ", origin: {url: '" + s.URL + "/{key}', headers: {X-From: " + from + "}}}}\n"
	}
	path := file(t, "conf.yaml", config("info", "old", "1MiB"))
	p := serve(t, "--config", path, "--zone", "z")
	get := func(key, want string) { t.Helper(); p.want(value("pages", key), reply{http.StatusOK, want}) }
	get("a", "old/a")
	reload := func(text, logged string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p.reload(logged)
	}
	reload("groups: {pages: {size: x}}\n", "not reloaded: all stays as it was")
	get("b", "old/b")
	reload("weight: 2\n"+config("info", "new", "2MiB"), `needs_restart=["group pages","weight"]`)
	get("c", "old/c")
	reload(config("debug", "new", "1MiB"), `reloaded=["log-level","origin of group pages"]`)
	get("d", "new/d")
	get("a", "old/a") // which is held
	p.signal(syscall.SIGTERM)
	if code := p.exitCode(); code != 0 {
		t.Errorf("exit %d, want 0", code)
	}
}
