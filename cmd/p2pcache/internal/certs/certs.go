// Package certs makes TLS configurations of files, and follows the files when they change.
package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// checkEvery is how often, at most, files are looked at for a change.
const checkEvery = 10 * time.Second

// Files are the names of files in PEM.
type Files struct {
	Cert, Key string // a certificate with its chain, and its private key; both or neither

	// CA holds the certificates of the authorities that others' certificates must be of. If empty, those that this machine
	// trusts, and nobody who connects needs a certificate.
	CA string
}

// Any reports whether there is any file, and so TLS.
func (f Files) Any() bool { return f != Files{} }

// Store holds a certificate and reads it anew when its files change. It is safe for concurrent use.
type Store struct {
	files Files
	log   zerolog.Logger
	pool  *x509.CertPool // nil: this machine's

	mu      sync.Mutex
	cert    *tls.Certificate // guarded by mu; nil where there is none
	stamp   stamp            // guarded by mu; of what was read last, well or not
	checked time.Time        // guarded by mu
}

// stamp tells whether files have changed.
type stamp struct{ cert, key time.Time }

// Load reads the files. What goes wrong when they are read again is logged to log.
func Load(f Files, log zerolog.Logger) (*Store, error) {
	if (f.Cert == "") != (f.Key == "") {
		return nil, errors.New("certificate and key: give both or neither")
	}
	s := &Store{files: f, log: log, checked: time.Now()}
	if f.CA != "" {
		text, err := os.ReadFile(f.CA)
		if err != nil {
			return nil, err
		}
		s.pool = x509.NewCertPool()
		if !s.pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s: no certificate in it: want PEM", f.CA)
		}
	}
	return s, s.Reload()
}

// Reload reads certificate and key. If they cannot be read, what was read before stays.
func (s *Store) Reload() error {
	if s.files.Cert == "" {
		return nil
	}
	now := s.stampNow()
	cert, err := tls.LoadX509KeyPair(s.files.Cert, s.files.Key)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stamp = now
	if err != nil {
		return err
	}
	s.cert = &cert
	return nil
}

// stampNow is zero for a file that is away.
func (s *Store) stampNow() stamp {
	return stamp{changed(s.files.Cert), changed(s.files.Key)}
}

func changed(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// current returns the certificate, read anew if its files have changed since they were looked at.
func (s *Store) current() *tls.Certificate {
	if s.due() && s.stampNow() != s.lastStamp() {
		if err := s.Reload(); err != nil {
			s.log.Error().Err(err).Msg("the new certificate cannot be read: the old one stays")
		} else {
			s.log.Info().Str("file", s.files.Cert).Msg("certificate read again")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cert
}

func (s *Store) due() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.checked) < checkEvery {
		return false
	}
	s.checked = time.Now()
	return true
}

func (s *Store) lastStamp() stamp {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stamp
}

// Config returns a configuration to serve with and to connect with.
func (s *Store) Config() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: s.pool, ClientCAs: s.pool}
	if s.pool != nil {
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if s.files.Cert != "" {
		c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.current(), nil }
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return s.current(), nil }
	}
	return c
}
