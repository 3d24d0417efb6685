package certs_test

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/certs"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/certs/certstest"
)

func load(t testing.TB, f certs.Files) *certs.Store {
	t.Helper()
	s, err := certs.Load(f, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// shake makes two ends meet over loopback and returns the serial number of the server's certificate.
func shake(server, client *tls.Config) (serial int64, err error) {
	l, err := tls.Listen("tcp", "127.0.0.1:0", server)
	if err != nil {
		return 0, err
	}
	defer l.Close()
	done := make(chan error, 1)
	go func() { // ends with the connection
		conn, err := l.Accept()
		if err == nil {
			_, err = conn.Write([]byte("x"))
			conn.Close()
		}
		done <- err
	}()
	conn, err := tls.Dial("tcp", l.Addr().String(), client)
	if err != nil {
		<-done
		return 0, err
	}
	defer conn.Close()
	_, err = conn.Read(make([]byte, 1)) // with TLS 1.3, a refused certificate is known by then
	if serverErr := <-done; err == nil {
		err = serverErr
	}
	if err != nil {
		return 0, err
	}
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

func TestMembersOfOneAuthorityMeetAndOthersDoNot(t *testing.T) {
	ours, theirs := certstest.NewAuthority(t), certstest.NewAuthority(t)
	node := load(t, ours.Issue(t, t.TempDir(), 1)).Config()
	if _, err := shake(node, load(t, ours.Issue(t, t.TempDir(), 2)).Config()); err != nil {
		t.Errorf("two members: %v", err)
	}
	if _, err := shake(node, load(t, theirs.Issue(t, t.TempDir(), 3)).Config()); err == nil {
		t.Error("a member of another authority is let in")
	}
	bare := ours.Issue(t, t.TempDir(), 4)
	bare.Cert, bare.Key = "", ""
	if _, err := shake(node, load(t, bare).Config()); err == nil {
		t.Error("who has no certificate is let in")
	}
	open := ours.Issue(t, t.TempDir(), 5)
	ca := open.CA
	open.CA = ""
	if _, err := shake(load(t, open).Config(), load(t, certs.Files{CA: ca}).Config()); err != nil {
		t.Errorf("without an authority to ask for: %v, want that nobody needs a certificate", err)
	}
}

func TestACertificateIsFollowedWhenItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, dir := certstest.NewAuthority(t), t.TempDir()
		s := load(t, a.Issue(t, dir, 1))
		serial := func() int64 {
			t.Helper()
			n, err := shake(s.Config(), load(t, certs.Files{CA: filepath.Join(dir, "ca.pem"), Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}).Config())
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		a.Issue(t, dir, 2)
		if n := serial(); n != 1 {
			t.Errorf("certificate %d at once, want that files are not looked at all the time", n)
		}
		time.Sleep(11 * time.Second)
		if n := serial(); n != 2 {
			t.Errorf("certificate %d, want the new one", n)
		}
		time.Sleep(11 * time.Second)
		good := filepath.Join(dir, "cert.pem")
		text, err := os.ReadFile(good)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(good, []byte("half a certif"), 0o600); err != nil {
			t.Fatal(err)
		}
		if cert, err := s.Config().GetCertificate(nil); err != nil || cert == nil || s.Reload() == nil {
			t.Errorf("certificate %v, error %v; want the old one, and an error from Reload", cert, err)
		}
		if err := os.WriteFile(good, text, 0o600); err != nil || s.Reload() != nil {
			t.Error("the file is good again, and is not read")
		}
	})
}

func TestFilesThatAreNotGoodAreRefused(t *testing.T) {
	f := certstest.NewAuthority(t).Issue(t, t.TempDir(), 1)
	other := certstest.NewAuthority(t).Issue(t, t.TempDir(), 2)
	for want, files := range map[string]certs.Files{
		"give both or neither":       {Cert: f.Cert},
		"give both":                  {Key: f.Key},
		"open /absent":               {Cert: "/absent", Key: f.Key},
		"open /absent-ca":            {CA: "/absent-ca"},
		"no certificate in it":       {CA: f.Key},
		"private key does not match": {Cert: f.Cert, Key: other.Key},
	} {
		if _, err := certs.Load(files, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %q", files, err, want)
		}
	}
}

func ExampleFiles_Any() {
	fmt.Println(certs.Files{}.Any(), certs.Files{CA: "ca.pem"}.Any())
	// Output: false true
}
