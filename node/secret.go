package node

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
)

// MaxSecrets is how many secrets are known at once at most: the one in use, and those that are accepted as well.
const MaxSecrets = 4

// keys are derived from a secret, one for each use, so that none tells anything of another or of the secret.
type keys struct {
	gossip []byte // AES-256
	http   []byte // HMAC-SHA256
}

// keyring are the keys of a cluster's secrets. Those in use come first, all are accepted. It is immutable; empty, nothing is
// protected.
type keyring []keys

func newKeyring(use []byte, accept [][]byte) (keyring, error) {
	var ring keyring
	for i, secret := range append([][]byte{use}, accept...) {
		if len(secret) == 0 && i == 0 && len(accept) == 0 {
			return nil, nil
		}
		if len(secret) == 0 {
			return nil, errors.New("a secret is empty")
		}
		k, err := deriveKeys(secret)
		if err != nil {
			return nil, err
		}
		if !ring.has(k) {
			ring = append(ring, k)
		}
	}
	if len(ring) > MaxSecrets {
		return nil, fmt.Errorf("%d secrets at once, the limit is %d", len(ring), MaxSecrets)
	}
	return ring, nil
}

func deriveKeys(secret []byte) (keys, error) {
	gossip, err := hkdf.Key(sha256.New, secret, nil, "p2pcache gossip 1", sha256.Size)
	if err != nil {
		return keys{}, err
	}
	http, err := hkdf.Key(sha256.New, secret, nil, "p2pcache http 1", sha256.Size)
	return keys{gossip: gossip, http: http}, err
}

func (r keyring) has(k keys) bool {
	return slices.ContainsFunc(r, func(have keys) bool { return bytes.Equal(have.gossip, k.gossip) })
}

// use are the keys in use; none where nothing is protected.
func (r keyring) use() keys {
	if len(r) == 0 {
		return keys{}
	}
	return r[0]
}

// giveHTTP hands the keys of requests to a server or a client of the transport.
func (r keyring) giveHTTP(side interface {
	SetKeys(use []byte, accept ...[]byte)
}) {
	var accept [][]byte
	for _, k := range r {
		accept = append(accept, k.http)
	}
	side.SetKeys(r.use().http, accept...)
}
