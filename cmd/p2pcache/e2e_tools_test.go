package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// tool runs a command of the built binary.
func tool(t testing.TB, args ...string) result {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), "P2PCACHE_TIMEOUT="+patience.String())
	cmd.Stdout, cmd.Stderr = &out, &errOut
	_ = cmd.Run() // its exit code says it all
	return result{cmd.ProcessState.ExitCode(), out.String(), errOut.String()}
}

func TestTheToolsAskAnyProcessOfACluster(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3, "--group", "notes=1MiB,replicas=2")
	at := func(i int, args ...string) result { return tool(t, append(args, "--server", nodes[i].listen)...) }
	want(t, at(0, "put", "notes", "a/b", "text"), 0, "")
	want(t, at(1, "get", "notes", "a/b"), 0, "text")
	want(t, at(2, "get", "notes", "a/b", "--json"), 0, `{"group":"notes","key":"a/b","value":"text","ttl_seconds":0}`+"\n")
	want(t, at(2, "rm", "notes", "a/b", "absent"), 0, "")
	for i := range nodes {
		wantError(t, at(i, "get", "notes", "a/b"), 4, "not found")
		wantError(t, at(i, "get", "nowhere", "k"), 4, "unknown group")
		if r := at(i, "members"); r.code != 0 || strings.Count(r.out, "\n") != 4 || strings.Count(r.out, "(asked)") != 1 {
			t.Errorf("members of node%d: exit %d, %q; want 0 and a table of three", i+1, r.code, r.out)
		}
		if got, first := at(i, "owner", "notes", "k", "-n", "3"), at(0, "owner", "notes", "k", "-n", "3"); got != first || got.code != 0 {
			t.Errorf("owners by node%d: %v, want %v", i+1, got, first)
		}
	}
	wantError(t, tool(t, "get", "notes"), 2, "want GROUP KEY")
	if r := tool(t, "version"); r.code != 0 || !strings.HasPrefix(r.out, "p2pcache ") {
		t.Errorf("version: exit %d, %q; want 0", r.code, r.out)
	}
}
