package transport

import (
	"bytes"
	"sync/atomic"
)

// keyring holds the keys of one side. It is replaced as a whole when the secret changes, while requests are under way.
type keyring struct{ keys atomic.Pointer[keys] }

// keys are what is signed with, and all that is accepted from others.
type keys struct {
	use    []byte // if empty, nothing is signed and everything accepted
	accept [][]byte
}

func newKeyring(use []byte) *keyring {
	r := &keyring{}
	r.set(use, nil)
	return r
}

// set replaces the keys. What is signed with is accepted as well.
func (r *keyring) set(use []byte, accept [][]byte) {
	k := &keys{use: bytes.Clone(use)}
	if len(use) > 0 {
		k.accept = append(k.accept, k.use)
	}
	for _, key := range accept {
		if len(key) > 0 {
			k.accept = append(k.accept, bytes.Clone(key))
		}
	}
	r.keys.Store(k)
}

// required reports whether anything must be signed.
func (k *keys) required() bool { return len(k.use) > 0 }
