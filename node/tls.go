package node

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// TLSFiles names files in PEM with which nodes prove to each other who they are. They are read anew once they have changed; where
// what they hold then makes no sense, as while they are written, what they held before stays in use. The zero value is no TLS.
type TLSFiles struct {
	// Cert is a certificate with its chain, and Key its private key. A node needs both; a client may have neither.
	Cert, Key string

	// CA holds the authorities that the others' certificates must be of. If empty, those that this machine trusts, and nobody
	// who connects needs a certificate.
	CA string
}

// Config reads the files and returns what they make of a server and of a client; nil for the zero value.
func (f TLSFiles) Config() (*tls.Config, error) {
	if f == (TLSFiles{}) {
		return nil, nil
	}
	if (f.Cert == "") != (f.Key == "") {
		return nil, errors.New("certificate and key: give both or neither")
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.Cert != "" {
		cert, err := tls.LoadX509KeyPair(f.Cert, f.Key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{cert}
	}
	return config, f.trust(config)
}

// trust makes config believe nobody but the authorities that are named, if there are any.
func (f TLSFiles) trust(config *tls.Config) error {
	if f.CA == "" {
		return nil
	}
	pem, err := os.ReadFile(f.CA)
	if err != nil {
		return err
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s: no certificate in it: want PEM", f.CA)
	}
	config.MinVersion = tls.VersionTLS13 // all are members of one cluster
	config.RootCAs, config.ClientCAs, config.ClientAuth = authorities, authorities, tls.RequireAndVerifyClientCert
	return nil
}

// TLS is the configuration for a new connection to a member of the cluster; nil where they speak plain HTTP. It changes with
// TLSFiles, so it is to be asked for each connection.
func (n *Node) TLS() *tls.Config {
	if n.certs != nil {
		return n.certs.now()
	}
	return n.cfg.TLS
}

// ReloadTLS reads TLSFiles at once, instead of when a connection is made. If they make no sense, it fails, and what they held before
// stays in use. Without TLSFiles it does nothing.
func (n *Node) ReloadTLS() error {
	if n.certs == nil {
		return nil
	}
	if err := n.certs.reload(); err != nil {
		return fmt.Errorf("node: TLS: %w", err)
	}
	return nil
}
