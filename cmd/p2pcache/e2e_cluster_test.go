package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestThreeProcessesAreOneCache(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3)
	for _, p := range nodes {
		for player, score := range map[string]string{"Tom": "630", "Jack": "589", "Sam": "567"} {
			p.want(value("scores", player), reply{http.StatusOK, score})
		}
	}
	for _, player := range []string{"Tom", "Jack", "Sam"} {
		if times := logged(nodes, "demo origin: search "+player); times != 1 {
			t.Errorf("%s was searched %d times by three nodes, want once", player, times)
		}
	}
	for _, p := range nodes {
		p.want(value("scores", "Nobody"), reply{http.StatusNotFound, "not found\n"})
		p.want(value("nowhere", "Tom"), reply{http.StatusNotFound, "unknown group \"nowhere\"\n"})
		p.want("/readyz", reply{http.StatusOK, "ready\n"})
	}
}

func TestAMalformedRequestIsAnsweredAndHarmsNothing(t *testing.T) {
	t.Parallel()
	p := serve(t)
	for _, c := range []struct {
		method, path string
		code         int
	}{
		{http.MethodGet, "/_gocache/", http.StatusBadRequest},
		{http.MethodGet, "/_gocache/x", http.StatusBadRequest},
		{http.MethodGet, "/_gocache/scores/%zz", http.StatusBadRequest},
		{http.MethodGet, value("scores", strings.Repeat("k", 4<<10)), http.StatusNotFound},
		{http.MethodGet, value("scores", strings.Repeat("k", 4<<10+1)), http.StatusRequestEntityTooLarge},
		{http.MethodGet, value("scores", strings.Repeat("/", 4<<10+1)), http.StatusRequestEntityTooLarge},
		{http.MethodPatch, value("scores", "Tom"), http.StatusMethodNotAllowed},
		{"BREW", value("scores", "Tom"), http.StatusMethodNotAllowed},
		{http.MethodPost, "/metrics", http.StatusMethodNotAllowed},
		{http.MethodGet, "/_gocachex/scores/Tom", http.StatusNotFound},
		{http.MethodGet, "/nothing", http.StatusNotFound},
	} {
		if got := rawRequest(t, p.listen, c.method, c.path); got != c.code {
			t.Errorf("%s %.80s: %d, want %d", c.method, c.path, got, c.code)
		}
	}
	p.want(value("scores", "Tom"), reply{http.StatusOK, "630"})
}

// owners returns which member owns each of 100 keys, as one node sees it.
func owners(p *process) string {
	var all strings.Builder
	for i := range 100 {
		r := p.ask(http.MethodGet, fmt.Sprintf("/debug/ring?group=scores&key=%d&n=1", i), "")
		_, owner, _ := strings.Cut(r.body, `"owners":`)
		all.WriteString(owner)
	}
	return all.String()
}

func TestAKilledProcessIsNotMissedAndComesBackToItsKeys(t *testing.T) {
	t.Parallel()
	args := []string{"--gossip-profile", "lan", "--origin", "http://" + echo(t) + "/{key}", "--group", "scores=1MiB"}
	rest, addrs := cluster(t, 2, args...), freePorts(t, 2)
	args = append(args, "--name", "node3", "--listen", addrs[0], "--gossip", addrs[1], "--join", rest[0].gossip)
	victim := serve(t, args...)
	hash, arcs := agree(t, patience, rest[0], rest[1], victim), owners(rest[0])
	victim.signal(os.Kill)
	victim.exitCode()
	for i := range 200 {
		key := fmt.Sprint("key", i)
		rest[i%2].want(value("scores", key), reply{http.StatusOK, "of /" + key})
	}
	if agree(t, patience, rest...) == hash {
		t.Error("the ring of two is that of three")
	}
	again := serve(t, append(args, "--origin", "none")...)
	if got := agree(t, patience, rest[0], rest[1], again); got != hash {
		t.Errorf("the ring is %s once the member is back, want %s as before", got, hash)
	}
	if got := owners(rest[0]); got != arcs {
		t.Error("the member that is back does not own what it owned before")
	}
}

// echo starts an origin that has every key, and returns its address.
func echo(t testing.TB) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "of ", r.URL.Path)
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func TestAHerdOnThreeProcessesLoadsOnce(t *testing.T) {
	t.Parallel()
	var loads atomic.Int64
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		loads.Add(1)
		<-time.After(50 * time.Millisecond) // what a load takes
		fmt.Fprint(w, "of ", r.URL.Path)
	}))
	t.Cleanup(origin.Close)
	nodes := cluster(t, 3, "--origin", origin.URL+"/{group}/{key}", "--group", "pages=1MiB")
	var callers sync.WaitGroup
	for _, p := range nodes {
		for range 64 {
			callers.Go(func() {
				if r, err := p.do(http.MethodGet, value("pages", "home"), ""); err != nil || r != (reply{http.StatusOK, "of /pages/home"}) {
					t.Errorf("got %v, error %v; want of /pages/home", r, err)
				}
			})
		}
	}
	callers.Wait()
	if n := loads.Load(); n != 1 {
		t.Errorf("%d loads for 192 callers of one key, want 1", n)
	}
}

func TestALeavingProcessHandsOverWhatItHolds(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3, "--group", "notes=1MiB")
	for i := range 100 {
		if r := nodes[i%3].ask(http.MethodPut, value("notes", fmt.Sprint(i)), fmt.Sprint("note ", i)); r.code != http.StatusNoContent {
			t.Fatalf("PUT: %v, want 204", r)
		}
	}
	nodes[1].signal(syscall.SIGTERM)
	if code := nodes[1].exitCode(); code != 0 {
		t.Errorf("exit code %d after SIGTERM, want 0", code)
	}
	rest := []*process{nodes[0], nodes[2]}
	agree(t, patience, rest...)
	for i := range 100 {
		for _, p := range rest {
			p.want(value("notes", fmt.Sprint(i)), reply{http.StatusOK, fmt.Sprint("note ", i)})
		}
	}
}

func TestAProcessWhoseSeedIsAwayServesAloneAndJoinsLater(t *testing.T) {
	t.Parallel()
	seed := freePorts(t, 1)[0]
	early := serve(t, "--join", seed)
	early.want(value("scores", "Tom"), reply{http.StatusOK, "630"})
	early.want("/readyz", reply{http.StatusOK, "ready\n"})
	if !strings.Contains(early.logs.String(), "no seed answers yet") {
		t.Errorf("the logs do not warn of the absent seed:\n%s", early.logs)
	}
	late := serve(t, "--gossip", seed, "--listen", freePorts(t, 1)[0]) // members serve on the IP that they gossip on
	agree(t, patience, early, late)
}

func TestPeersNamedByHandAreOneCacheWithoutGossip(t *testing.T) {
	t.Parallel()
	addrs := freePorts(t, 2)
	peers := "http://" + addrs[0] + ",http://" + addrs[1]
	nodes := []*process{serve(t, "--listen", addrs[0], "--peers", peers), serve(t, "--listen", addrs[1], "--peers", peers)}
	agree(t, patience, nodes...)
	for _, p := range nodes {
		if p.gossip != "off" || p.name != p.listen {
			t.Errorf("ready name=%s gossip=%s, want %s and off", p.name, p.gossip, p.listen)
		}
		p.want(value("scores", "Tom"), reply{http.StatusOK, "630"})
	}
	if times := logged(nodes, "search Tom"); times != 1 {
		t.Errorf("Tom was searched %d times, want once", times)
	}
}
