package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/certstest"
	"github.com/p2pcache/p2pcache/node"
)

func tlsFlags(f node.TLSFiles) []string {
	return []string{"--tls-cert", f.Cert, "--tls-key", f.Key, "--tls-ca", f.CA}
}

func TestMembersWithCertificatesAreOneCacheForThoseWithOne(t *testing.T) {
	t.Parallel()
	authority := certstest.NewAuthority(t)
	args := func(i int64) []string {
		return append(tlsFlags(authority.Issue(t, t.TempDir(), i)), steady, "--group", "notes=1MiB", "--admin", "127.0.0.1:0")
	}
	first := serve(t, append(args(1), "--name", "first")...)
	second := serve(t, append(args(2), "--name", "second", "--join", first.gossip)...)
	mine := tlsFlags(authority.Issue(t, t.TempDir(), 3))
	ask := func(p *process, flags []string, args ...string) result {
		return tool(t, append(append(args, "--server", p.listen), flags...)...)
	}
	eventually(t, patience, "both are members", func() bool {
		return strings.Count(ask(first, mine, "members").out, "serving") == 2
	})
	for _, key := range []string{"a", "b", "c", "d"} { // some owned by each
		want(t, ask(first, mine, "put", "notes", key, "text"), 0, "")
		want(t, ask(second, mine, "get", "notes", key), 0, "text")
	}
	awaitStats(t, 2, func() result { return ask(second, mine, "stats") })
	strangers := tlsFlags(certstest.NewAuthority(t).Issue(t, t.TempDir(), 4))
	for name, flags := range map[string][]string{"a certificate of strangers": strangers, "none": nil} {
		if r := ask(first, flags, "get", "notes", "a"); r.code != 1 {
			t.Errorf("%s: exit %d, %s%s; want 1", name, r.code, r.out, r.err)
		}
	}
	first.reload(`reloaded=["certificate"]`)
}

func TestTheAuthorityChangesWhileMembersServe(t *testing.T) {
	t.Parallel()
	before, after := certstest.NewAuthority(t), certstest.NewAuthority(t)
	var files [2]node.TLSFiles
	var nodes [2]*process
	for i := range nodes {
		files[i] = before.Issue(t, t.TempDir(), int64(i+1))
		args := append(tlsFlags(files[i]), steady, "--group", "notes=1MiB", "--admin", "127.0.0.1:0")
		if i > 0 {
			args = append(args, "--join", nodes[0].gossip)
		}
		nodes[i] = serve(t, args...)
	}
	old := tlsFlags(before.Issue(t, t.TempDir(), 10))
	stats := func(p *process, flags []string) result {
		return tool(t, append([]string{"stats", "--server", p.listen}, flags...)...)
	}
	eventually(t, patience, "both answer each other", func() bool { return strings.Count(stats(nodes[0], old).out, "serving") == 2 })

	// each step on all members before the next: both authorities, the new one's certificates, the new one alone
	for _, step := range []func(i int, f node.TLSFiles){
		func(_ int, f node.TLSFiles) { certstest.Trust(t, f.CA, before, after) },
		func(i int, f node.TLSFiles) {
			after.Issue(t, filepath.Dir(f.Cert), int64(i+3))
			certstest.Trust(t, f.CA, before, after)
		},
		func(_ int, f node.TLSFiles) { certstest.Trust(t, f.CA, after) },
	} {
		for i, f := range files {
			step(i, f)
			nodes[i].reload(`reloaded=["certificate"]`)
		}
	}
	fresh := tlsFlags(after.Issue(t, t.TempDir(), 11))
	for _, p := range nodes {
		awaitStats(t, 2, func() result { return stats(p, fresh) }) // each other too
		if r := stats(p, old); r.code != 1 {
			t.Errorf("with a certificate of the old authority: exit %d, %s%s; want 1", r.code, r.out, r.err)
		}
	}
	for _, key := range []string{"a", "b", "c", "d"} { // some owned by each
		put := append([]string{"put", "notes", key, "text", "--server", nodes[0].listen}, fresh...)
		want(t, tool(t, put...), 0, "")
		get := append([]string{"get", "notes", key, "--server", nodes[1].listen}, fresh...)
		want(t, tool(t, get...), 0, "text")
	}
}

func TestOutsideClientsHaveAListenerAndATokenOfTheirOwn(t *testing.T) {
	t.Parallel()
	token := file(t, "token", "t0ken\n")
	p := serve(t, "--secret-file", file(t, "secret", "s3cret"), "--client-listen", "127.0.0.1:0", "--client-token-file", token)
	addr := p.address("serving outside clients")
	want(t, tool(t, "get", "scores", "Tom", "--server", addr, "--token-file", token), 0, "630")
	wantError(t, tool(t, "get", "scores", "Tom", "--token-file", "/absent"), 2, "--token-file /absent: no such file")
}

func TestOutsideClientsNeedNoCertificateWhereMembersDo(t *testing.T) {
	t.Parallel()
	authority := certstest.NewAuthority(t)
	files := authority.Issue(t, t.TempDir(), 1)
	token := file(t, "token", "t0ken")
	p := serve(t, append(tlsFlags(files), "--secret-file", file(t, "secret", "s3cret"), "--client-listen", "127.0.0.1:0", "--client-token-file", token, "--admin", "127.0.0.1:0")...)
	ask := func(server string) result {
		return tool(t, "get", "scores", "Tom", "--server", server, "--tls-ca", files.CA, "--token-file", token)
	}
	want(t, ask(p.address("serving outside clients")), 0, "630")
	if r := ask(p.listen); r.code != 1 {
		t.Errorf("at the members' address: exit %d, %s%s; want 1", r.code, r.out, r.err)
	}
}

func TestTLSThatCannotBeIsRefused(t *testing.T) {
	f := certstest.NewAuthority(t).Issue(t, t.TempDir(), 1)
	for want, args := range map[string][]string{
		"--tls-cert: certificate and key: give both": {"--tls-cert", f.Cert},
		"--tls-ca: no certificate to serve with":     {"--tls-ca", f.CA},
		"no such file":                               {"--tls-cert", "/absent", "--tls-key", f.Key},
	} {
		if r := p2p("", append([]string{"serve", "--listen", "127.0.0.1:0", "--gossip", "127.0.0.1:0"}, args...)...); r.code != 2 || !strings.Contains(r.err, want) {
			t.Errorf("serve %q: exit %d, %s; want 2 and %q", args, r.code, r.err, want)
		}
	}
	wantError(t, p2p("", "get", "g", "k", "--tls-ca", "/absent"), 2, "TLS: open /absent")
}

func TestTheOperatorsAddressHasProfilesAndTheNodesHasNone(t *testing.T) {
	t.Parallel()
	p := serve(t, "--admin", "127.0.0.1:0")
	admin := &process{t: t, listen: p.address("pages for operators"), logs: p.logs}
	for path, codes := range map[string][2]int{
		"/metrics": {404, 200}, "/debug/pprof/heap": {404, 200}, "/": {404, 200}, "/healthz": {200, 200}, "/readyz": {200, 200},
		value("scores", "Tom"): {200, 200},
	} {
		if r := p.ask(http.MethodGet, path, ""); r.code != codes[0] {
			t.Errorf("%s on the node's address: %d, want %d", path, r.code, codes[0])
		}
		if r := admin.ask(http.MethodGet, path, ""); r.code != codes[1] {
			t.Errorf("%s on the operator's: %d, want %d", path, r.code, codes[1])
		}
	}
}

func TestWithASecretThePagesAreForThoseWhoKnowIt(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := serve(t, "--secret-file", secret)
	// From this machine, all may look; a wrong signature is refused all the same.
	other := file(t, "other", "another")
	if r := tool(t, "members", "--server", p.listen); r.code != 0 {
		t.Errorf("without a secret: exit %d, %s", r.code, r.err)
	}
	if r := tool(t, "members", "--server", p.listen, "--secret-file", secret); r.code != 0 {
		t.Errorf("with the secret: exit %d, %s", r.code, r.err)
	}
	wantError(t, tool(t, "stats", "--server", p.listen, "--secret-file", other), 1, "401 Unauthorized: the signature is wrong: the secrets differ")
}
