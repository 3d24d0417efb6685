package node

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

// tlsCheckEvery is how often, at most, it is looked whether TLSFiles have changed. It is looked when a connection is made.
const tlsCheckEvery = time.Second

// TLSFiles names files in PEM with which nodes prove to each other who they are: a certificate, its key, and the certificates of
// the authority that signed those of all nodes. They are read anew once they have changed; where what they hold then makes no sense,
// as while they are written, what they held before stays in use. The zero value is no TLS.
type TLSFiles struct{ Cert, Key, CA string }

// certificates are what TLSFiles hold.
type certificates struct {
	files TLSFiles
	log   zerolog.Logger

	mu      sync.Mutex
	checked time.Time    // guarded by mu; when it was last looked
	changed [3]time.Time // guarded by mu; when the files had changed by then
	config  *tls.Config  // guarded by mu
}

// loadTLS reads the files; nil if none are named.
func loadTLS(files TLSFiles, log zerolog.Logger) (*certificates, error) {
	if files == (TLSFiles{}) {
		return nil, nil
	}
	c := &certificates{files: files, log: log, checked: time.Now()}
	var err error
	if c.changed, err = files.changed(); err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	if c.config, err = files.read(); err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return c, nil
}

// read makes a configuration for both sides of what the files hold.
func (f TLSFiles) read() (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(f.CA)
	if err != nil {
		return nil, err
	}
	authority := x509.NewCertPool()
	if !authority.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", f.CA)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{cert},
		RootCAs: authority, ClientCAs: authority, ClientAuth: tls.RequireAndVerifyClientCert,
	}, nil
}

func (f TLSFiles) changed() (times [3]time.Time, err error) {
	for i, name := range []string{f.Cert, f.Key, f.CA} {
		if name == "" {
			return times, errors.New("TLSFiles: want Cert, Key and CA")
		}
		info, err := os.Stat(name)
		if err != nil {
			return times, err
		}
		times[i] = info.ModTime()
	}
	return times, nil
}

// now is the configuration for a new connection.
func (c *certificates) now() *tls.Config {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.checked) < tlsCheckEvery {
		return c.config
	}
	c.checked = time.Now()
	times, err := c.files.changed()
	if err == nil && times == c.changed {
		return c.config
	}
	var config *tls.Config
	if err == nil {
		config, err = c.files.read()
	}
	if err != nil {
		c.log.Warn().Err(err).Msg("TLS files could not be read: what they held before stays in use")
		return c.config
	}
	c.config, c.changed = config, times
	c.log.Info().Msg("TLS files were read anew")
	return config
}

// source is what gives the configuration for new connections to members; nil without files.
func (c *certificates) source() func() *tls.Config {
	if c == nil {
		return nil
	}
	return c.now
}

// serve is a configuration for servers: members must show a certificate, outside clients need none.
func (c *certificates) serve(clients bool) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			config := c.now().Clone()
			config.NextProtos = []string{"http/1.1"}
			if clients {
				config.ClientAuth = tls.NoClientCert
			}
			return config, nil
		},
	}
}
