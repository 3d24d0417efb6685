// Package access decides who may see a node's pages: processes of this machine, and whoever proves to know the cluster's
// secret.
package access

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// scheme begins the Authorization field of a signed request: "P2pcache <Unix time in ms> <HMAC-SHA256 in hex>".
	scheme = "P2pcache"

	// window is how far the clocks of who signs and who verifies may be apart. Within it a request can be replayed, which
	// does no harm: the pages only show.
	window = 5 * time.Minute

	// purpose keeps the key apart from all others that are derived from the secret.
	purpose = "p2pcache pages 1"
)

// What is wrong with a request. The texts are answers to those who sent it.
var (
	errUnsigned = errors.New("this page is for those who know the cluster's secret: use p2pcache with --secret-file, " +
		"or come from the node's own machine, for example through ssh -L")
	errSignature = errors.New("the signature is wrong: the secrets differ")
	errClock     = errors.New("the signature's time is off: set the clocks")
)

// Keys sign requests and verify them. They are derived from the cluster's secrets and tell nothing of them. The nil Keys sign
// nothing and let everybody pass. They are safe for concurrent use.
type Keys struct{ now atomic.Pointer[[][]byte] } // the first signs, all are accepted

// NewKeys derives the Keys of a cluster's secrets, of which the first signs and all are accepted; nil if there are none.
func NewKeys(secrets ...[]byte) (*Keys, error) {
	if len(secrets) == 0 {
		return nil, nil
	}
	k := &Keys{}
	return k, k.Set(secrets...)
}

// Set replaces the secrets, of which there must be one at least.
func (k *Keys) Set(secrets ...[]byte) error {
	var keys [][]byte
	for _, secret := range secrets {
		key, err := hkdf.Key(sha256.New, secret, nil, purpose, sha256.Size)
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	k.now.Store(&keys)
	return nil
}

// Sign makes r one that a node with the same secret answers.
func (k *Keys) Sign(r *http.Request) {
	if k != nil {
		now := strconv.FormatInt(time.Now().UnixMilli(), 10)
		r.Header.Set("Authorization", scheme+" "+now+" "+hex.EncodeToString(mac((*k.now.Load())[0], now, r)))
	}
}

// mac covers the time, the method, and the path with its query.
func mac(key []byte, now string, r *http.Request) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(now + "\n" + r.Method + "\n" + r.URL.RequestURI() + "\n"))
	return h.Sum(nil)
}

// made reports whether one of the keys made a signature.
func (k *Keys) made(sum []byte, now string, r *http.Request) bool {
	return slices.ContainsFunc(*k.now.Load(), func(key []byte) bool { return hmac.Equal(sum, mac(key, now, r)) })
}

// Allow tells why r may not be answered, if so. Without a signature, it may where it comes from this machine.
func (k *Keys) Allow(r *http.Request) error {
	if k == nil {
		return nil
	}
	given, signed := strings.CutPrefix(r.Header.Get("Authorization"), scheme+" ")
	if !signed {
		return fromHere(r)
	}
	now, sum, _ := strings.Cut(given, " ")
	got, err := hex.DecodeString(sum)
	if err != nil || !k.made(got, now, r) {
		return errSignature
	}
	ms, err := strconv.ParseInt(now, 10, 64)
	if err != nil || time.Since(time.UnixMilli(ms)).Abs() > window {
		return errClock
	}
	return nil
}

func fromHere(r *http.Request) error {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsLoopback() {
		return nil
	}
	return errUnsigned
}
