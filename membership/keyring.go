package membership

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/memberlist"
)

// maxKeys bounds the keys that are accepted at a time: each is tried on a packet that none before it fits.
const maxKeys = 8

// AddKey makes c accept gossip that is encrypted with key, which is 16, 24 or 32 bytes long, beside what it accepts
// already. It is the first step of changing a cluster's key, to be done on every member before the second, UseKey, is
// done on any, and that on every member before the old key is removed.
//
// Errors are ErrClosed, that the key has a wrong length, that there are too many, and that c was started without a key.
func (c *Cluster) AddKey(key []byte) error { return c.keyCall("add key", key, (*keyring).add) }

// UseKey makes c encrypt what it sends with key, which must have been added. It goes on to accept the key used before.
func (c *Cluster) UseKey(key []byte) error { return c.keyCall("use key", key, (*keyring).use) }

// RemoveKey makes c refuse gossip that is encrypted with key, which must not be the one in use. A key that c does not
// have is no error.
func (c *Cluster) RemoveKey(key []byte) error { return c.keyCall("remove key", key, (*keyring).remove) }

func (c *Cluster) keyCall(call string, key []byte, f func(*keyring, []byte) error) error {
	if c.ctx.Err() != nil {
		return ErrClosed
	}
	if err := f(c.keys, key); err != nil {
		return fmt.Errorf("membership: %s: %w", call, err)
	}
	return nil
}

// keyring holds the keys of gossip, the one in use first. The methods keep to what memberlist's own does without a race:
// readers of that one iterate over its keys while RemoveKey moves them in place, unless the key is the last.
type keyring struct {
	mu    sync.Mutex                    // keeps changes apart
	ring  *memberlist.Keyring           // nil: gossip is not encrypted
	seals atomic.Pointer[[]cipher.AEAD] // of the keys, in their order
}

// newKeyring returns a keyring of key alone, or, if key is empty, one of none that takes none.
func newKeyring(key []byte) *keyring {
	if len(key) == 0 {
		return &keyring{}
	}
	ring, _ := memberlist.NewKeyring(nil, slices.Clone(key)) // Config.validate checked its length
	k := &keyring{ring: ring}
	k.sealLocked()
	return k
}

// isOn tells whether gossip is encrypted.
func (k *keyring) isOn() bool { return k.ring != nil }

// sealVersion is the way of encrypting that members of protocolVersion have, a sealed message's first byte: AES-GCM
// without padding. The nonce follows, and then the rest.
const sealVersion = 1

// open decrypts what a member sealed, with data beside it.
func (k *keyring) open(sealed, data []byte) ([]byte, error) {
	seals := *k.seals.Load()
	n := 1 + seals[0].NonceSize()
	switch {
	case len(sealed) == 0:
		return nil, errEmpty
	case len(sealed) < n || sealed[0] != sealVersion:
		return nil, errUnencrypted
	}
	for _, seal := range seals {
		if plain, err := seal.Open(nil, sealed[1:n], sealed[n:], data); err == nil {
			return plain, nil
		}
	}
	return nil, errWrongKey
}

// sealLocked follows a change of the keys.
func (k *keyring) sealLocked() {
	var seals []cipher.AEAD
	for _, key := range k.ring.GetKeys() {
		block, _ := aes.NewCipher(key) // fails for a wrong length alone
		seal, _ := cipher.NewGCM(block)
		seals = append(seals, seal)
	}
	k.seals.Store(&seals)
}

var errNoEncryption = errors.New("gossip is not encrypted: start with a key")

func (k *keyring) add(key []byte) error {
	if k.ring == nil {
		return errNoEncryption
	}
	if err := checkKey(key); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	defer k.sealLocked()
	if k.indexLocked(key) < 0 && len(k.ring.GetKeys()) >= maxKeys {
		return fmt.Errorf("there are %d keys already", maxKeys)
	}
	return k.ring.AddKey(slices.Clone(key))
}

func (k *keyring) use(key []byte) error {
	if k.ring == nil {
		return errNoEncryption
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	defer k.sealLocked()
	if k.indexLocked(key) < 0 {
		return errors.New("the key was not added")
	}
	return k.ring.UseKey(slices.Clone(key))
}

func (k *keyring) remove(key []byte) error {
	if k.ring == nil {
		return errNoEncryption
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	defer k.sealLocked()
	inUse := k.ring.GetPrimaryKey()
	if bytes.Equal(inUse, key) {
		return errors.New("the key is in use: use another first")
	}
	if k.indexLocked(key) < 0 {
		return nil
	}
	// Those after it move to the front, one by one, and out of use again. What is sent meanwhile may be lost on members
	// that lack them, which gossip is made for.
	for keys := k.ring.GetKeys(); !bytes.Equal(keys[len(keys)-1], key); keys = k.ring.GetKeys() {
		if err := k.ring.UseKey(keys[len(keys)-1]); err != nil {
			return err
		}
	}
	if err := k.ring.RemoveKey(key); err != nil {
		return err
	}
	return k.ring.UseKey(inUse)
}

func (k *keyring) indexLocked(key []byte) int {
	return slices.IndexFunc(k.ring.GetKeys(), func(have []byte) bool { return bytes.Equal(have, key) })
}

func checkKey(key []byte) error {
	if memberlist.ValidateKey(key) != nil {
		return fmt.Errorf("key is %d bytes long, it must be 16, 24 or 32", len(key))
	}
	return nil
}
