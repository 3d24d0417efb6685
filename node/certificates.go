package node

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// tlsCheckEvery is how often, at most, it is looked whether TLSFiles have changed. It is looked when a connection is made.
const tlsCheckEvery = time.Second

// stamps tell whether files have changed.
type stamps [3]struct {
	modified time.Time
	bytes    int64
}

func (f TLSFiles) stamps() (now stamps, err error) {
	for i, name := range []string{f.Cert, f.Key, f.CA} {
		if name == "" {
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			return now, err
		}
		now[i].modified, now[i].bytes = info.ModTime(), info.Size()
	}
	return now, nil
}

// certificates are what TLSFiles hold.
type certificates struct {
	files  TLSFiles
	log    zerolog.Logger
	config atomic.Pointer[tls.Config] // of what was read last

	look    sync.Mutex // held by who looks at the files: nobody waits for it to make a connection
	checked time.Time  // guarded by look; when it was looked last
	read    stamps     // guarded by look; of what was read last
}

// loadTLS reads the files; nil if none are named.
func loadTLS(files TLSFiles, log zerolog.Logger) (*certificates, error) {
	if files == (TLSFiles{}) {
		return nil, nil
	}
	c := &certificates{files: files, log: log, checked: time.Now()}
	if err := c.reload(); err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return c, nil
}

// reload reads the files. If they make no sense, what they held before stays in use.
func (c *certificates) reload() error {
	c.look.Lock()
	defer c.look.Unlock()
	return c.readLocked()
}

func (c *certificates) readLocked() error {
	found, err := c.files.stamps()
	if err != nil {
		return err
	}
	config, err := c.files.Config()
	if err != nil {
		return err
	}
	c.read = found
	c.config.Store(config)
	return nil
}

// now is the configuration for a new connection.
func (c *certificates) now() *tls.Config {
	switch changed, err := c.follow(); {
	case err != nil:
		c.log.Warn().Err(err).Msg("TLS files could not be read: what they held before stays in use")
	case changed:
		c.log.Info().Msg("TLS files were read anew")
	}
	return c.config.Load()
}

// follow reads the files again if they have changed, unless somebody looks already, or did a moment ago.
func (c *certificates) follow() (changed bool, err error) {
	if !c.look.TryLock() {
		return false, nil
	}
	defer c.look.Unlock()
	if time.Since(c.checked) < tlsCheckEvery {
		return false, nil
	}
	c.checked = time.Now()
	if found, err := c.files.stamps(); err == nil && found == c.read {
		return false, nil
	}
	return true, c.readLocked()
}

// source is what gives the configuration for new connections to members; nil without files.
func (c *certificates) source() func() *tls.Config {
	if c == nil {
		return nil
	}
	return c.now
}

// serve is a configuration for servers: members must show a certificate if there is an authority, outside clients need none.
func (c *certificates) serve(clients bool) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
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
