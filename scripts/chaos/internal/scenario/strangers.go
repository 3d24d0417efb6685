//go:build linux

package scenario

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/cluster"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/truth"
)

func strangers() []Scenario {
	return []Scenario{
		{Name: "strangers", About: "a node with another secret, one with another label, and unsigned, forged and replayed requests: refused; errors 0; no member more",
			Nodes: 3, secret: true, run: visited},
	}
}

const (
	secret      = "the cluster's secret, long enough"
	otherSecret = "another secret, as long as the other"
	secretFile  = "secret.txt"
)

// writeSecret writes a secret where nodes find it.
func (r *Run) writeSecret(name, text string) (string, error) {
	path := filepath.Join(r.set.Logs, name)
	return path, os.WriteFile(path, []byte(text), 0o600)
}

func visited(r *Run) error {
	other, err := r.writeSecret("other.txt", otherSecret)
	if err != nil {
		return err
	}
	forger, stray := r.cluster.Add(), r.cluster.Add()
	forger.Flags = []string{"--secret-file", other}
	stray.Flags = []string{"--cluster", "another"}
	ctx, cancel := context.WithTimeout(r.ctx, restLimit)
	defer cancel()
	r.fault("strangers come")
	for _, n := range []*cluster.Node{forger, stray} {
		if err := n.Start(ctx); err != nil {
			return err
		}
		n.SetAside(true) // it is no node of the cluster's, and not asked
	}
	r.atMost("requests that were let in", float64(r.intrude(r.victim())), 0)
	r.goOn()
	r.noneMore()
	return r.agree(15 * time.Second)
}

// noneMore checks that since the fault no node of the cluster has seen more members than it has.
func (r *Run) noneMore() {
	more := 0
	for _, look := range r.timeline.Looks() {
		if look.At >= r.faultAt {
			more = max(more, look.Members-r.set.Nodes)
		}
	}
	r.atMost("members too many", float64(more), 0)
}

// intrude sends requests that a member must refuse, and counts those that it did not. One that it must accept is among them, to be
// replayed.
func (r *Run) intrude(n *cluster.Node) (let int) {
	path := "/_gocache/" + group + "/" + truth.Key(r.cold(0))
	right, wrong := stamp(1, path, secret), stamp(2, path, otherSecret)
	for _, try := range []struct {
		what, auth string
		want       int
	}{
		{"unsigned", "", http.StatusUnauthorized},
		{"signed with another secret", wrong, http.StatusUnauthorized},
		{"signed", right, http.StatusNoContent},
		{"replayed", right, http.StatusUnauthorized},
	} {
		status, err := r.removeAsPeer(n.URL(path), try.auth)
		if err != nil || status != try.want {
			r.timeline.Complain(fmt.Sprintf("a request that is %s was answered %d (%v), want %d", try.what, status, err, try.want))
			let++
		}
	}
	return let
}

// stamp signs a removal as docs/protocol.md has it.
func stamp(number int, path, secret string) string {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "p2pcache http 1", sha256.Size)
	if err != nil {
		panic(err) // of a length that is not to be had, which this one is
	}
	head := fmt.Sprintf("%d chaos %d", time.Now().UnixMilli(), number)
	mac := hmac.New(sha256.New, key)
	for _, part := range []string{head, http.MethodDelete, path, "1", "", "", ""} {
		io.WriteString(mac, part+"\n")
	}
	body := sha256.Sum256(nil)
	mac.Write(body[:])
	return head + " " + hex.EncodeToString(mac.Sum(nil))
}

// removeAsPeer sends a removal as one member sends it to another.
func (r *Run) removeAsPeer(url, auth string) (int, error) {
	req, err := http.NewRequestWithContext(r.ctx, http.MethodDelete, url, bytes.NewReader(nil))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Gocache-Hop", "1")
	if auth != "" {
		req.Header.Set("Gocache-Auth", auth)
	}
	reply, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return reply.StatusCode, reply.Body.Close()
}
