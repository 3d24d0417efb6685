// Package examples_test runs each example as its users would: as real processes that find each other.
package examples_test

import (
	"bufio"
	"bytes"
	"image"
	"image/color"
	_ "image/jpeg"
	"image/png"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// program is one running process of an example.
type program struct{ url, gossip string }

func build(t *testing.T, dir, name string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), name)
	cmd := exec.Command("go", "build", "-o", binary, "./"+name)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// start waits for the line that begins with "ready"; when the test ends, SIGTERM has to end the process well.
func start(t *testing.T, binary string, args ...string) []string {
	t.Helper()
	var log bytes.Buffer
	cmd := exec.Command(binary, args...)
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v\n%s", filepath.Base(binary), err, &log)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	ready := strings.Fields(line)
	if err != nil || len(ready) < 3 || ready[0] != "ready" {
		t.Fatalf("%q, %v\n%s", line, err, &log)
	}
	return ready
}

// cluster starts processes of one example that know each other.
func cluster(t *testing.T, binary string, size int, args ...string) []program {
	t.Helper()
	var list []program
	for range size {
		all := append([]string{"-api", "127.0.0.1:0", "-gossip", "127.0.0.1:0"}, args...)
		if len(list) > 0 {
			all = append(all, "-join", list[0].gossip)
		}
		ready := start(t, binary, all...)
		list = append(list, program{ready[1], ready[2]})
	}
	return list
}

func ask(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(got)
}

func TestSQLiteUsersAreReadThroughTheCacheAndChangedEverywhere(t *testing.T) {
	list := cluster(t, build(t, ".", "sqlite"), 3, "-db", filepath.Join(t.TempDir(), "users.db"))
	expect := func(want int, text string) {
		t.Helper()
		for _, p := range list {
			if status, got := ask(t, "GET", p.url+"/users/1", ""); status != want || strings.TrimSpace(got) != text {
				t.Errorf("%s: %d %q, want %d %q", p.url, status, got, want, text)
			}
		}
	}
	expect(404, "no such user")
	for i, text := range []string{`{"name":"Tom","score":630}`, `{"name":"Tom","score":631}`} {
		if status, got := ask(t, "PUT", list[i].url+"/users/1", text); status != 204 {
			t.Fatalf("%d %s", status, got)
		}
		expect(200, text)
	}
	if status, _ := ask(t, "PUT", list[0].url+"/users/1", "{"); status != 400 {
		t.Errorf("half an object: %d", status)
	}
}

func TestThumbnailsAreMadeFromPicturesInADirectoryAlone(t *testing.T) {
	dir := t.TempDir()
	picture := image.NewGray(image.Rect(0, 0, 400, 200))
	picture.SetGray(1, 1, color.Gray{255})
	var text bytes.Buffer
	if err := png.Encode(&text, picture); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a b.png"), text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range cluster(t, build(t, ".", "thumbnails"), 3, "-dir", dir) {
		status, got := ask(t, "GET", p.url+"/100/a%20b.png", "")
		small, format, err := image.DecodeConfig(strings.NewReader(got))
		if status != 200 || err != nil || format != "jpeg" || small.Width != 100 || small.Height != 50 {
			t.Errorf("%d, %s of %d x %d, %v", status, format, small.Width, small.Height, err)
		}
		for _, path := range []string{"/100/none.png", "/0/a%20b.png", "/x/a%20b.png", "/9999/a%20b.png"} {
			if status, _ := ask(t, "GET", p.url+path, ""); status != 404 {
				t.Errorf("%s: %d", path, status)
			}
		}
		if status, _ := ask(t, "GET", p.url+"/100/..%2F..%2Fetc%2Fpasswd", ""); status == 200 {
			t.Error("a picture from outside the directory")
		}
	}
}

func TestThePythonClientReadsFromALiveCluster(t *testing.T) {
	binary := build(t, "../..", "cmd/p2pcache")
	first := start(t, binary, "serve", "--listen", "127.0.0.1:0", "--gossip", "127.0.0.1:0")
	second := start(t, binary, "serve", "--listen", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--join", field(first, "gossip"))
	members := []string{"http://127.0.0.1:1", "http://" + field(first, "listen"), "http://" + field(second, "listen")} // nobody is at the first
	client := func(args ...string) (string, int) {
		cmd := exec.Command("python3", append(append([]string{"python/client.py"}, members...), args...)...)
		out, err := cmd.Output()
		if err != nil && cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	if got, code := client("scores", "Tom"); got != "630" || code != 0 {
		t.Errorf("%q, exit %d", got, code)
	}
	if got, code := client("scores", "a/b? %"); got != "" || code != 4 {
		t.Errorf("%q, exit %d, want 4", got, code)
	}
}

// Against a member with a secret: unsigned, as this machine may, and with a proof.
func TestThePythonClientReadsFrames(t *testing.T) {
	dir := t.TempDir()
	right, wrong := filepath.Join(dir, "secret"), filepath.Join(dir, "wrong")
	for path, text := range map[string]string{right: "0123456789abcdef\n", wrong: "fedcba9876543210\n", filepath.Join(dir, "large"): strings.Repeat("x", 100<<10)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ready := start(t, build(t, "../..", "cmd/p2pcache"), "serve", "--listen", "127.0.0.1:0", "--gossip", "127.0.0.1:0",
		"--secret-file", right, "--group", "files=1MiB", "--origin", "file:"+dir)
	large := "large\t" + strings.Repeat("x", 100<<10) + "\n"
	for _, test := range []struct{ secret, want string }{
		{"", "secret\t0123456789abcdef\n\n" + large}, {right, "secret\t0123456789abcdef\n\n" + large}, {wrong, ""},
	} {
		args := []string{"python/frames.py", field(ready, "listen"), "files", "secret", "none", "large"}
		if test.secret != "" {
			args = append(args, "--secret-file", test.secret)
		}
		var said bytes.Buffer
		cmd := exec.Command("python3", args...)
		cmd.Stderr = &said
		out, err := cmd.Output()
		if string(out) != test.want || (err == nil) != (test.want != "") {
			t.Errorf("with the secret of %q: %.80q, %v\n%s", test.secret, out, err, &said)
		}
	}
}

// field is what a ready line of p2pcache says of name.
func field(ready []string, name string) string {
	for _, f := range ready {
		if value, ok := strings.CutPrefix(f, name+"="); ok {
			return value
		}
	}
	return ""
}
