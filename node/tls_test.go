package node_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
)

// authority signs certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	a.cert, a.key = a.sign(t, &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// sign makes a certificate; one of its own for an authority that has none yet.
func (a *authority) sign(t *testing.T, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.Subject = pkix.Name{CommonName: "p2pcache test"}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// write writes what a node on 127.0.0.1 needs to a directory.
func (a *authority) write(t *testing.T, dir string) node.TLSFiles {
	t.Helper()
	cert, key := a.sign(t, &x509.Certificate{
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	files := node.TLSFiles{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), CA: filepath.Join(dir, "ca.pem")}
	for name, block := range map[string]*pem.Block{
		files.Cert: {Type: "CERTIFICATE", Bytes: cert.Raw}, files.Key: {Type: "PRIVATE KEY", Bytes: der},
		files.CA: {Type: "CERTIFICATE", Bytes: a.cert.Raw},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		soon := time.Now().Add(time.Duration(time.Now().UnixNano()%1e6) * time.Microsecond) // a time that the last had not
		if err := os.Chtimes(name, soon, soon); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func secured(t *testing.T, files node.TLSFiles) *node.Node {
	t.Helper()
	return listening(t, node.Config{TLSFiles: files})
}

// listening starts a node that serves members and, on a listener of their own, clients.
func listening(t *testing.T, cfg node.Config) *node.Node {
	t.Helper()
	cfg.Listen, cfg.ClientListen = "127.0.0.1:0", "127.0.0.1:0"
	n, err := node.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	if _, err := n.NewGroup("g", node.GroupConfig{}); err != nil {
		t.Fatal(err)
	}
	return n
}

// reached reports whether a client with those files can write at a node.
func reached(t *testing.T, n *node.Node, files node.TLSFiles) error {
	t.Helper()
	c, err := node.NewClient(node.ClientConfig{Server: n.Self().HTTPAddr, TLSFiles: files})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return c.Set(ctx, "g", "k", node.Value{Data: []byte("v")})
}

func TestMembersKnowEachOtherByTheirCertificates(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	files, foreign := ours.write(t, t.TempDir()), theirs.write(t, t.TempDir())
	a, b := secured(t, files), secured(t, ours.write(t, t.TempDir()))
	urls := []string{"https://" + a.Self().HTTPAddr, "https://" + b.Self().HTTPAddr}
	for _, n := range []*node.Node{a, b} {
		if err := n.SetPeers(urls...); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []*node.Node{a, b} {
		if err := reached(t, n, files); err != nil {
			t.Errorf("a client of the same authority: %v", err)
		}
		if err := reached(t, n, foreign); err == nil {
			t.Error("a client of another authority was served")
		}
	}
}

func TestCertificatesAreReadAnew(t *testing.T) {
	before, after := newAuthority(t), newAuthority(t)
	dir := t.TempDir()
	n := secured(t, before.write(t, dir))
	if err := os.WriteFile(filepath.Join(dir, "cert.pem"), []byte("half a certif"), 0o600); err != nil {
		t.Fatal(err)
	}
	old := before.write(t, t.TempDir())
	if err := reached(t, n, old); err != nil {
		t.Errorf("while a file makes no sense: %v", err)
	}
	renewed := after.write(t, dir)
	for end := time.Now().Add(2 * time.Minute); reached(t, n, renewed) != nil; {
		if time.Now().After(end) {
			t.Fatal("the new certificates are not in use")
		}
	}
	if err := reached(t, n, old); err == nil {
		t.Error("the old authority is still believed")
	}
}

func TestClientsHaveAListenerOfTheirOwn(t *testing.T) {
	files := newAuthority(t).write(t, t.TempDir())
	pem, err := os.ReadFile(files.CA)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	cert, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		t.Fatal(err)
	}
	serveOutside(t, secured(t, files), roots)
	serveOutside(t, listening(t, node.Config{TLS: &tls.Config{
		Certificates: []tls.Certificate{cert}, RootCAs: roots, ClientCAs: roots, ClientAuth: tls.RequireAndVerifyClientCert,
	}}), roots)
}

// serveOutside checks that those without a certificate are served on the listener for clients alone, and members not there.
func serveOutside(t *testing.T, n *node.Node, roots *x509.CertPool) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}
	for _, test := range []struct {
		addr, hop string
		status    int // 0: no reply
	}{{n.ClientAddr(), "", 404}, {n.ClientAddr(), "1", 401}, {n.Self().HTTPAddr, "", 0}} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+test.addr+"/_gocache/g/k", nil)
		if err != nil {
			t.Fatal(err)
		}
		if test.hop != "" {
			r.Header.Set("Gocache-Hop", test.hop)
		}
		reply, err := client.Do(r)
		if (err != nil) != (test.status == 0) {
			t.Errorf("%+v: %v", test, err)
		}
		if err == nil {
			io.Copy(io.Discard, reply.Body)
			reply.Body.Close()
			if reply.StatusCode != test.status {
				t.Errorf("%+v: got %d", test, reply.StatusCode)
			}
		}
	}
}

func TestTLSFilesAreReadAtOnceWhereThatIsAskedFor(t *testing.T) {
	before, after := newAuthority(t), newAuthority(t)
	dir := t.TempDir()
	n := secured(t, before.write(t, dir))
	ca := n.TLS().RootCAs
	renewed := after.write(t, dir)
	if err := n.ReloadTLS(); err != nil || n.TLS().RootCAs.Equal(ca) {
		t.Errorf("error %v; want the new authority", err)
	}
	if err := reached(t, n, renewed); err != nil {
		t.Errorf("a client of the new authority: %v", err)
	}
	if err := os.WriteFile(renewed.CA, []byte("half a certif"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := n.ReloadTLS(); err == nil || n.TLS().RootCAs == nil {
		t.Errorf("error %v; want one, and what the files held before", err)
	}
	plain := listening(t, node.Config{})
	if err := plain.ReloadTLS(); err != nil || plain.TLS() != nil {
		t.Errorf("without files: error %v, %v; want neither", err, plain.TLS())
	}
}

func TestWithoutAnAuthorityNobodyNeedsACertificate(t *testing.T) {
	files := newAuthority(t).write(t, t.TempDir())
	ca := files.CA
	files.CA = ""
	if err := reached(t, secured(t, files), node.TLSFiles{CA: ca}); err != nil {
		t.Error(err)
	}
}

func TestTLSFilesSayWhatIsWrongWithThem(t *testing.T) {
	f, other := newAuthority(t).write(t, t.TempDir()), newAuthority(t).write(t, t.TempDir())
	for want, files := range map[string]node.TLSFiles{
		"give both or neither":       {Cert: f.Cert},
		"give both":                  {Key: f.Key},
		"open /absent":               {Cert: "/absent", Key: f.Key},
		"open /absent-ca":            {CA: "/absent-ca"},
		"no certificate in it":       {CA: f.Key},
		"private key does not match": {Cert: f.Cert, Key: other.Key},
	} {
		if _, err := files.Config(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %q", files, err, want)
		}
	}
}

func TestWhatTLSFilesMustBe(t *testing.T) {
	files := newAuthority(t).write(t, t.TempDir())
	for what, cfg := range map[string]node.Config{
		"no Cert":     {TLSFiles: node.TLSFiles{CA: files.CA}},
		"no Key":      {TLSFiles: node.TLSFiles{Cert: files.Cert, CA: files.CA}},
		"no file":     {TLSFiles: node.TLSFiles{Cert: files.Cert, Key: files.Key, CA: files.CA + "?"}},
		"no CA's":     {TLSFiles: node.TLSFiles{Cert: files.Cert, Key: files.Key, CA: files.Key}},
		"other key":   {TLSFiles: node.TLSFiles{Cert: files.CA, Key: files.Key, CA: files.CA}},
		"TLS as well": {TLSFiles: files, TLS: &tls.Config{}},
	} {
		if n, err := node.New(cfg); err == nil {
			n.Close()
			t.Errorf("%s: it was taken", what)
		}
	}
}
