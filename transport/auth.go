package transport

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// authWindow is how far the clocks of a signer and a verifier may be apart.
const authWindow = 5 * time.Minute

var (
	errUnsigned    = errors.New("the request is not signed: use the cluster's secret")
	errPage        = errors.New("a page of another site may not write here: show the token of outside clients")
	errBadAuth     = errors.New("the signature is wrong: the secrets differ")
	errClientsOnly = errors.New("members are not served here: ask at the address for members")
	errClock       = errors.New("the signature's time is off: set the clocks")
)

// signer signs requests: Gocache-Auth is "<Unix time in ms> <session> <number> <HMAC-SHA256 in hex>". The session is the
// signer's own; the number counts its writes.
type signer struct {
	keyring *keyring
	session string
	writes  atomic.Uint64
}

func newSigner(k *keyring) *signer { return &signer{keyring: k, session: rand.Text()} }

// sign signs a request, if there is a key.
func (s *signer) sign(r *http.Request, body []byte) {
	keys := s.keyring.keys.Load()
	if !keys.required() {
		return
	}
	var number uint64
	if !isRead(r) {
		number = s.writes.Add(1)
	}
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	stamp := now + " " + s.session + " " + strconv.FormatUint(number, 10)
	sum := sha256.Sum256(body)
	r.Header.Set(headerAuth, stamp+" "+hex.EncodeToString(mac(keys.use, stamp, r, sum)))
	if len(body) > 0 {
		r.Header.Set(headerDigest, formatDigest(sum))
	}
}

func isRead(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodPost
}

// mac covers the method, the escaped path, the fields that change a request's meaning, and the body by its sum. A line ends each,
// and none can hold a line's end.
func mac(key []byte, stamp string, r *http.Request, sum digest) []byte {
	h := hmac.New(sha256.New, key)
	for _, part := range []string{
		stamp, r.Method, escapedPath(r.URL), first(r.Header, headerPeer), first(r.Header, headerTTL),
		cacheControl(r.Header), first(r.Header, headerVersion),
	} {
		io.WriteString(h, part+"\n")
	}
	if receiver := first(r.Header, headerReceiver); receiver != "" {
		io.WriteString(h, receiver+"\n")
	}
	h.Write(sum[:])
	return h.Sum(nil)
}

// signature is what a Gocache-Auth field says.
type signature struct {
	stamp   string // what the mac covers: all but itself
	at      time.Time
	session string
	number  uint64
	mac     []byte
}

func parseSignature(field string) (*signature, error) {
	parts := strings.Split(field, " ")
	if len(parts) != 4 {
		return nil, errBadAuth
	}
	ms, errTime := strconv.ParseInt(parts[0], 10, 64)
	number, errNumber := strconv.ParseUint(parts[2], 10, 63)
	sum, errMAC := hex.DecodeString(parts[3])
	if errors.Join(errTime, errNumber, errMAC) != nil {
		return nil, errBadAuth
	}
	stamp := field[:len(field)-len(parts[3])-1]
	return &signature{stamp: stamp, at: time.UnixMilli(ms), session: parts[1], number: number, mac: sum}, nil
}

// verifier checks what signers with one of its keys signed. One without keys lets everything pass.
//
// It accepts a write once, and none that is for another verifier. A replayed read tells nothing new to who has recorded it with its
// reply. A write of an earlier release, which is signed for nobody, may be one that was recorded on its way to another member,
// or before the verifier was made.
type verifier struct {
	keyring  *keyring
	receiver string // its own name
	token    string // of outside clients; empty: none
	seen     *replays
}

func newVerifier(k *keyring) *verifier {
	return &verifier{keyring: k, receiver: rand.Text(), seen: newReplays()}
}

// open returns the signature of a request whose body is not read yet, or why there is no need to read it. The signature is
// nil where none is needed: clients on loopback go without, members never do.
func (v *verifier) open(r *http.Request) (*signature, error) {
	field := first(r.Header, headerAuth)
	peer := first(r.Header, headerPeer) != ""
	switch {
	case peer && isClientsOnly(r):
		return nil, errClientsOnly
	case byStrangePage(r) && !showsToken(r, v.token):
		return nil, errPage
	case !v.keyring.keys.Load().required(), field == "" && !peer && (fromLoopback(r) || showsToken(r, v.token)):
		return nil, nil
	case field == "":
		return nil, errUnsigned
	case !v.isFor(r):
		return nil, errReceiver
	}
	sig, err := parseSignature(field)
	if err != nil {
		return nil, err
	}
	if time.Since(sig.at).Abs() > authWindow {
		return nil, errClock
	}
	return sig, nil
}

// isFor reports whether a request is not for another verifier.
func (v *verifier) isFor(r *http.Request) bool {
	receiver := first(r.Header, headerReceiver)
	return receiver == "" || receiver == v.receiver
}

// tell names the verifier to who may sign for it.
func (v *verifier) tell(h http.Header, r *http.Request) {
	if (first(r.Header, headerPeer) != "" || first(r.Header, headerAuth) != "") && v.keyring.keys.Load().required() {
		h.Set(headerReceiver, v.receiver)
	}
}

// verify reports why a request that open gave sig for may not pass, if sum is that of its body; nil if it may.
func (v *verifier) verify(sig *signature, r *http.Request, sum digest) error {
	switch {
	case sig == nil:
		return nil
	case !v.accepts(sig, r, sum):
		return errBadAuth
	case isRead(r):
		return nil
	case time.Since(sig.at) > replaySpan: // its body took so long that its number may be forgotten
		return errClock
	}
	return v.seen.once(sig.session, sig.number)
}

// accepts reports whether one of the keys made the signature.
func (v *verifier) accepts(sig *signature, r *http.Request, sum digest) bool {
	for _, key := range v.keyring.keys.Load().accept {
		if hmac.Equal(sig.mac, mac(key, sig.stamp, r, sum)) {
			return true
		}
	}
	return false
}
