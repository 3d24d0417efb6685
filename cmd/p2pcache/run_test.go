package main_test

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	p2pcache "github.com/p2pcache/p2pcache/cmd/p2pcache"
)

// result is what one command line came to.
type result struct {
	code     int
	out, err string
}

// p2p runs a command line in this process, with in as its standard input.
func p2p(in string, args ...string) result {
	var out, errOut bytes.Buffer
	code := p2pcache.Run(args, strings.NewReader(in), &out, &errOut)
	return result{code, out.String(), errOut.String()}
}

// wrongCalls are command lines of one command or more, each with a part of what it is answered.
type wrongCalls []struct{ args, want string }

func (calls wrongCalls) check(t *testing.T) {
	t.Helper()
	for _, c := range calls {
		r := p2p("", strings.Fields(c.args)...)
		if r.code != 2 || !strings.Contains(r.err, c.want) || r.out != "" {
			t.Errorf("%q: exit %d, out %q, error %q; want 2 and %q", c.args, r.code, r.out, r.err, c.want)
		}
	}
}

func TestAWrongCallExitsWith2AndSaysHowToMendIt(t *testing.T) {
	wrongCalls{
		{"", "no command given\nSee 'p2pcache --help'."},
		{"sevre", `unknown command "sevre": did you mean serve?` + "\nSee 'p2pcache --help'."},
		{"xyzzy", `unknown command "xyzzy"`},
		{"--nope", "unknown flag: --nope"},
		{"help nosuch", `unknown command "nosuch"` + "\nSee 'p2pcache help --help'."},
		{"help serv", `unknown command "serv": did you mean serve?`},
		{"help get scores", "unknown command"},
		{"get scores", "get: got 1 arguments, want GROUP KEY\nSee 'p2pcache get --help'."},
		{"get scores Tom Jack", "get: got 3 arguments, want GROUP KEY"},
		{"get scores Tom --timeout 0s", "want a duration of more than 0"},
		{"get scores Tom --server ftp://h:1", `--server "ftp://h:1":`},
		{"get scores Tom --server nowhere", `--server "nowhere":`},
		{"members --server nowhere", `--server "nowhere":`},
		{"rm scores", "rm: got 1 arguments, want GROUP KEY..."},
		{"purge", "purge: got 0 arguments, want GROUP"},
		{"members x", "members: got 1 arguments, want none"},
		{"owner scores Tom -n 0", "want a whole number from 1"},
		{"put scores Tom", "put: no value: give VALUE, - for standard input, or --file FILE"},
		{"put scores Tom 1 2", "put: got 4 arguments"},
		{"put scores Tom 1 --file x", "put: both VALUE and --file x: give one"},
		{"put scores Tom --file /absent", "--file: open /absent"},
		{"put scores Tom 1 --ttl 0s", "want a duration of more than 0"},
		{"bench", "bench: got 0 arguments, want GROUP"},
		{"bench g --zipf x", "want a number from 0 to 10"},
		{"bench g --plot x.pdf", "want a name that ends in .svg"},
		{"bench g --keys 0", "want a whole number from 1"},
		{"warm g", "warm: got 1 arguments, want GROUP FILE"},
		{"warm g /", "FILE: / is not a file"},
		{"top x", "top: got 1 arguments, want none"},
		{"top --interval 0s", "want a duration of more than 0"},
		{"version x", "version: got 1 arguments, want none"},
		{"get scores Tom --json=maybe", "want true or false"},
		{"bench g --fill=maybe", "want true or false"},
	}.check(t)
}

func TestWrongSettingsExitWith2AndSayHowToMendThem(t *testing.T) {
	wrongCalls{
		{"serve now", "serve: got 1 arguments, want none\nSee 'p2pcache serve --help'."},
		{"serve --nope", "unknown flag: --nope\nSee 'p2pcache serve --help'."},
		{"serve --weight", "flag needs an argument: --weight"},
		{"serve --weight x", `invalid argument "x" for "--weight" flag: want a whole number from 1 to 100`},
		{"serve --weight 0", "want a whole number from 1 to 100"},
		{"serve --drain-timeout 5", "want a duration such as"},
		{"serve --log-format xml", "want one of: console json"},
		{"serve --log-level loud", "want one of: trace debug info warn error disabled"},
		{"serve --insecure=x", "want true or false"},
		{"serve --group a", "want NAME=SIZE"},
		{"serve --group a=1 --group a=1", "group a is given twice"},
		{"serve --origin redis://x --group a=1", `--origin "redis://x": no such origin: want demo, none,`},
		{"serve --origin file:/absent --group a=1", `--origin "file:/absent": open /absent`},
		{"serve --origin http://h/ --group a=1", `--origin "http://h/": no {key} in it`},
		{"serve --listen 127.0.0.1", `--listen "127.0.0.1": want HOST:PORT`},
		{"serve --listen 127.0.0.1:port", `--listen "127.0.0.1:port": want HOST:PORT`},
		{"serve --gossip localhost:7946", `--gossip "localhost:7946": want IP:PORT`},
		{"serve --gossip 127.0.0.1", `--gossip "127.0.0.1": want IP:PORT`},
		{"serve --listen 127.0.0.1:0 --advertise here", `--advertise "here": want an IP, such as 10.0.0.1, or HOST:PORT`},
		{"serve --listen 127.0.0.1:0 --advertise :99", `--advertise ":99": want an IP`},
		{"serve --listen :0", "--listen :0 can be reached from other machines: protect the cluster with --secret-file FILE, or say --insecure"},
		{"serve --listen 0.0.0.0:0", "--listen 0.0.0.0:0 can be reached"},
		{"serve --listen [::]:0", "--listen [::]:0 can be reached"},
		{"serve --listen 192.0.2.1:0", "--listen 192.0.2.1:0 can be reached"},
		{"serve --listen 127.0.0.1:0 --gossip 0.0.0.0:0", "--gossip 0.0.0.0:0 can be reached"},
		{"serve --listen 127.0.0.1:0 --secret-file /absent", "--secret-file /absent: no such file"},
		{"serve --listen 127.0.0.1:0 --gossip 127.0.0.1:0 --peers nonsense", "--peers:"},
		{"serve --listen 127.0.0.1:0 --gossip 127.0.0.1:0 --name " + strings.Repeat("n", 256), "name is 256 bytes long, the limit is 255"},
		{"serve --listen 127.0.0.1:0 --gossip 127.0.0.1:0 --zone " + strings.Repeat("z", 65), "zone is 65 bytes long, the limit is 64"},
		{"serve --listen 127.0.0.1:0 --admin nowhere", `--admin "nowhere": want HOST:PORT`},
		{"serve --listen 127.0.0.1:0 --admin 0.0.0.0:0", "--admin 0.0.0.0:0 can be reached"},
		{"serve --listen 127.0.0.1:0 --client-listen nowhere", `--client-listen "nowhere": want HOST:PORT`},
		{"serve --listen 127.0.0.1:0 --client-listen 0.0.0.0:0", "--client-listen 0.0.0.0:0 can be reached"},
	}.check(t)
}

func TestAGroupWithoutANameIsAWrongCall(t *testing.T) {
	for _, args := range [][]string{{"get", "", "k"}, {"put", "", "k", "v"}, {"rm", "", "k"}, {"purge", ""}, {"owner", "", "k"}, {"bench", ""}, {"warm", "", "-"}} {
		if r := p2p("", args...); r.code != 2 || !strings.Contains(r.err, "GROUP is empty") {
			t.Errorf("%q: exit %d, %q; want 2 and that it is empty", args, r.code, r.err)
		}
	}
}

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	for _, name := range []string{"serve", "get", "put", "rm", "purge", "members", "owner", "stats", "top", "bench", "warm", "config", "version"} {
		r := p2p("", name, "--help")
		if r.code != 0 || !strings.Contains(r.out, "Examples:\n  ") || !strings.Contains(r.out, "p2pcache "+name) {
			t.Errorf("%s --help: exit %d, %s; want 0 and an example", name, r.code, r.out)
		}
		for line := range strings.Lines(r.out) {
			if len(line) > 200 {
				t.Errorf("%s --help: a line of %d bytes, want at most 200: %s", name, len(line), line)
			}
		}
	}
}

func TestVersion(t *testing.T) {
	r := p2p("", "version")
	if want := runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH + "\n"; r.code != 0 || !strings.HasPrefix(r.out, "p2pcache ") || !strings.HasSuffix(r.out, want) {
		t.Errorf("exit %d, %q; want 0 and %q at its end", r.code, r.out, want)
	}
	if flag := p2p("", "--version"); flag != r {
		t.Errorf("--version: exit %d, %q; want what the command says, %q", flag.code, flag.out, r.out)
	}
	if r := p2p("", "version", "--json"); r.code != 0 || !strings.Contains(r.out, `"go":"`+runtime.Version()+`"`) {
		t.Errorf("exit %d, %q; want 0 and JSON", r.code, r.out)
	}
}

func TestAPortInUseIsSaidInOneLine(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	busy := l.Addr().String()
	for flag, args := range map[string][]string{
		"listen": {"serve", "--listen", busy, "--gossip", "127.0.0.1:0"},
		"gossip": {"serve", "--listen", "127.0.0.1:0", "--gossip", busy, "--log-level", "disabled"},
		"admin":  {"serve", "--listen", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--admin", busy},

		"client-listen": {"serve", "--listen", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--client-listen", busy, "--log-level", "disabled"},
	} {
		want := "p2pcache: " + busy + " is in use by another process: choose another address with --" + flag + "\n"
		if r := p2p("", args...); r.code != 1 || r.err != want || r.out != "" {
			t.Errorf("%s: exit %d, %q, error %q; want 1 and %q", flag, r.code, r.out, r.err, want)
		}
	}
}

func TestASecretFileMustHoldASecret(t *testing.T) {
	for name, c := range map[string]struct{ content, want string }{
		"empty": {"", "empty: want a text that all members share"},
		"blank": {" \n\t\n", "empty: want a text that all members share"},
		"long":  {strings.Repeat("x", 65<<10), "over 65536 bytes"},
	} {
		path := file(t, name, c.content)
		for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"get", "scores", "Tom"}} {
			r := p2p("", append(args, "--secret-file", path)...)
			if want := "--secret-file " + path + ": " + c.want; r.code != 2 || !strings.Contains(r.err, want) {
				t.Errorf("%s: exit %d, %q; want 2 and %q", name, r.code, r.err, want)
			}
		}
	}
	if r := p2p("", "serve", "--listen", "127.0.0.1:0", "--secret-file", t.TempDir()); r.code != 2 {
		t.Errorf("a directory: exit %d, %q; want 2", r.code, r.err)
	}
}

func TestASecretThatOthersCanReadIsWarnedOf(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such permissions here")
	}
	path := filepath.Join(t.TempDir(), "secret")
	for mode, warned := range map[os.FileMode]bool{0o644: true, 0o640: false, 0o600: false} {
		if err := os.WriteFile(path, []byte("s3cret\n"), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		// The last flag makes it end, once all settings were read: the address is nobody's here.
		r := p2p("", "serve", "--listen", "127.0.0.1:0", "--secret-file", path, "--gossip", "192.0.2.1:7946")
		if got := strings.Contains(r.err, "chmod 600"); got != warned || strings.Contains(r.err, "s3cret") {
			t.Errorf("mode %o: warned %v, %q; want %v and no word of the secret", mode, got, r.err, warned)
		}
	}
}

func TestAShortSecretIsWarnedOf(t *testing.T) {
	for secret, warned := range map[string]bool{"s3cret": true, strings.Repeat("x", 16): false, strings.Repeat("x", 16) + "\nold": false} {
		r := p2p("", "serve", "--listen", "127.0.0.1:0", "--secret-file", file(t, "secret", secret), "--gossip", "192.0.2.1:7946")
		if got := strings.Contains(r.err, "so short"); got != warned {
			t.Errorf("%d bytes: warned %v, %q; want %v", len(secret), got, r.err, warned)
		}
	}
}

func TestTheReadyLineQuotesANameThatIsNotOneWord(t *testing.T) {
	for name, want := range map[string]string{"a": "a", "10.0.0.1:9999": "10.0.0.1:9999", "Zoë": "Zoë", "a b": `"a b"`, `"a"`: `"\"a\""`, "a\u00a0b": `"a\u00a0b"`} {
		if got := p2pcache.OneWord(name); got != want {
			t.Errorf("%q is written as %s, want %s", name, got, want)
		}
	}
}
