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
	"strconv"
	"strings"
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

// Key signs requests and verifies them. It is derived from the secret and tells nothing of it. The nil Key signs nothing and
// lets everybody pass.
type Key []byte

// NewKey derives the Key of a cluster's secret; nil if that is empty.
func NewKey(secret []byte) (Key, error) {
	if len(secret) == 0 {
		return nil, nil
	}
	return hkdf.Key(sha256.New, secret, nil, purpose, sha256.Size)
}

// Sign makes r one that a node with the same secret answers.
func (k Key) Sign(r *http.Request) {
	if k != nil {
		now := strconv.FormatInt(time.Now().UnixMilli(), 10)
		r.Header.Set("Authorization", scheme+" "+now+" "+hex.EncodeToString(k.mac(now, r)))
	}
}

// mac covers the time, the method, and the path with its query.
func (k Key) mac(now string, r *http.Request) []byte {
	h := hmac.New(sha256.New, k)
	h.Write([]byte(now + "\n" + r.Method + "\n" + r.URL.RequestURI() + "\n"))
	return h.Sum(nil)
}

// Allow tells why r may not be answered, if so. Without a signature, it may where it comes from this machine.
func (k Key) Allow(r *http.Request) error {
	if k == nil {
		return nil
	}
	given, signed := strings.CutPrefix(r.Header.Get("Authorization"), scheme+" ")
	if !signed {
		return fromHere(r)
	}
	now, sum, _ := strings.Cut(given, " ")
	got, err := hex.DecodeString(sum)
	if err != nil || !hmac.Equal(got, k.mac(now, r)) {
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
