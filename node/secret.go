package node

import (
	"crypto/hkdf"
	"crypto/sha256"
)

// keys are derived from a cluster's secret, one for each use, so that none tells anything of another or of the secret.
type keys struct {
	gossip []byte // AES-256
	http   []byte // HMAC-SHA256
}

func deriveKeys(secret []byte) (keys, error) {
	if len(secret) == 0 {
		return keys{}, nil
	}
	gossip, err := hkdf.Key(sha256.New, secret, nil, "p2pcache gossip 1", sha256.Size)
	if err != nil {
		return keys{}, err
	}
	http, err := hkdf.Key(sha256.New, secret, nil, "p2pcache http 1", sha256.Size)
	return keys{gossip: gossip, http: http}, err
}
