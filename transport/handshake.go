package transport

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"time"
)

// The header fields with which a connection is upgraded to frames, in canonical form.
const (
	upgradeName   = "gocache"
	headerFrames  = "Gocache-Frames"  // the versions of the frames that a client speaks, or the one that the server chose
	headerSession = "Gocache-Session" // names a session: the server's on its first lane, the client's on others
	headerNonce   = "Gocache-Nonce"   // a word that the side has never used before
	headerProof   = "Gocache-Proof"   // the server's proof
)

// framesVersion is the one version of the frames so far. Within a version, fields and kinds that are not known are skipped.
const framesVersion = "1"

// proofTimeout is how long a server waits for a client's proof.
const proofTimeout = 5 * time.Second

// maxNonce bounds the words that a client sends in its handshake.
const maxNonce = 128

// proofMAC is the field of the message Proof.
const proofMAC = 1<<3 | counted

// The sides that prove to each other that they know the key.
const (
	sideServer = "server"
	sideClient = "client"
)

// handshake is what both sides have said of a connection, and prove that they know the key by. Either has added a nonce of
// its own, so that no proof is good for any other connection.
type handshake struct {
	host                     string // as the client names the server
	session                  string
	clientNonce, serverNonce string
}

// proof proves that a side knows the key. A line ends each part, and none can hold a line's end.
func (h *handshake) proof(key []byte, side string) []byte {
	mac := hmac.New(sha256.New, key)
	for _, part := range []string{"gocache frames", framesVersion, side, h.host, h.session, h.clientNonce, h.serverNonce} {
		io.WriteString(mac, part+"\n")
	}
	return mac.Sum(nil)
}

// proven returns the key that a proof was made with; nil if it is none of them.
func (h *handshake) proven(keys [][]byte, side string, proof []byte) []byte {
	for _, key := range keys {
		if hmac.Equal(proof, h.proof(key, side)) {
			return key
		}
	}
	return nil
}

// provenHex is proven for a proof in a header field.
func (h *handshake) provenHex(keys [][]byte, side, field string) []byte {
	proof, err := hex.DecodeString(field)
	if err != nil {
		return nil
	}
	return h.proven(keys, side, proof)
}

// appendProof appends a frame with the client's proof.
func appendProof(b, proof []byte) []byte {
	start := len(b)
	return endFrame(appendText(beginFrame(b, kindProof), proofMAC, proof), start, 0)
}

func parseProof(b []byte) (proof []byte, err error) {
	for len(b) > 0 {
		f, rest, err := nextField(b)
		if err != nil {
			return nil, err
		}
		if f.tag == proofMAC {
			proof = f.bytes
		}
		b = rest
	}
	return proof, nil
}

// speaks reports whether a list of versions, separated by commas, has ours.
func speaks(versions string) bool {
	for v := range strings.SplitSeq(versions, ",") {
		if strings.TrimSpace(v) == framesVersion {
			return true
		}
	}
	return false
}
