package main_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// keyed are processes that have each a file with the secret.
type keyed struct {
	nodes []*process
	files []string
}

// startKeyed starts three processes that share a secret.
func startKeyed(t *testing.T, secret string) keyed {
	var k keyed
	for i := range 3 {
		k.files = append(k.files, file(t, "secret", secret+"\n"))
		args := []string{steady, "--group", "notes=1MiB,hot-ttl=0", "--secret-file", k.files[i]}
		if i > 0 {
			args = append(args, "--join", k.nodes[0].gossip)
		}
		k.nodes = append(k.nodes, serve(t, args...))
	}
	agree(t, patience, k.nodes...)
	return k
}

// give writes a secret file and has the process read it.
func (k keyed) give(t *testing.T, i int, lines string) {
	t.Helper()
	if err := os.WriteFile(k.files[i], []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	k.nodes[i].reload(`reloaded=["secret"]`)
}

// load writes and reads at each process until it is stopped; it tells how often all keys were.
func (k keyed) load(t *testing.T) (rounds *atomic.Int64, stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	rounds = new(atomic.Int64)
	for i, p := range k.nodes {
		all.Go(func() {
			for ; ctx.Err() == nil; rounds.Add(1) {
				for n := range 20 {
					path := value("notes", fmt.Sprint(i, "-", n))
					if r, err := p.do(http.MethodPut, path, path); err != nil || r.code != http.StatusNoContent {
						t.Errorf("PUT: %v, %v", r, err)
					}
					if r, err := p.do(http.MethodGet, path, ""); err != nil || r != (reply{http.StatusOK, path}) {
						t.Errorf("GET: %v, %v", r, err)
					}
				}
			}
		})
	}
	return rounds, func() { cancel(); all.Wait() }
}

// awaitAnswers waits until one process is answered by all of them when an operator asks what they count. None may refuse it; one that is
// busy may take too long.
func (k keyed) awaitAnswers(t *testing.T, p *process, secret string) {
	t.Helper()
	eventually(t, patience, "all tell what they count", func() bool {
		r := tool(t, "stats", "--server", p.listen, "--secret-file", secret, "--json")
		if r.code != 0 || strings.Contains(r.out, "401 Unauthorized") {
			t.Fatalf("stats: exit %d, %s%s; want that nobody refuses", r.code, r.out, r.err)
		}
		return strings.Count(r.out, `"state":"ready"`) == len(k.nodes)
	})
}

func TestTheSecretChangesWhileAllServe(t *testing.T) {
	t.Parallel()
	k := startKeyed(t, "before")
	rounds, stop := k.load(t)
	defer stop()
	late := lateness(t)
	operator := filepath.Join(t.TempDir(), "secret")
	for _, lines := range []string{"before\nafter\n", "after\nbefore\n", "after\n"} {
		for i, p := range k.nodes {
			k.give(t, i, lines)
			for end := rounds.Load() + 6; rounds.Load() < end && !t.Failed(); {
				if err := os.WriteFile(operator, []byte(lines), 0o600); err != nil {
					t.Fatal(err)
				}
				k.awaitAnswers(t, p, operator)
			}
		}
	}
	stop()
	for _, p := range k.nodes {
		metrics := p.ask(http.MethodGet, "/metrics", "").body
		if strings.Contains(metrics, `code="unauthorized"`) || strings.Contains(metrics, `code="no-reply"`) && late() < muchTooLate {
			t.Errorf("members refused each other, with timers late by %v at most:\n%s", late(), metrics)
		}
	}
	agree(t, patience, append(k.nodes, serve(t, steady, "--group", "notes=1MiB,hot-ttl=0", "--secret-file", operator, "--join", k.nodes[2].gossip))...)
	wantError(t, tool(t, "stats", "--server", k.nodes[0].listen, "--secret-file", file(t, "old", "before")), 1, "401 Unauthorized: the signature is wrong")
}

func TestASecretFileHasFewLinesAndATokenFileOne(t *testing.T) {
	lines := file(t, "lines", "1\n2\n\n3\n4\n5\n")
	wantError(t, p2p("", "get", "g", "k", "--secret-file", lines), 2, "5 lines, each a secret: want 4 at most")
	wantError(t, p2p("", "get", "g", "k", "--token-file", lines), 2, "5 lines: want one token")
}
