package transport

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
)

// A signature covers a body by its sum. Where the header tells the sum, as Content-Digest (RFC 9530), the signature is verified before a
// byte of the body is read, and then the body. What an earlier release signs tells none: such a body, which may be a stranger's, is read
// first, where there is room.

// headerDigest tells a body's sum.
const headerDigest = "Content-Digest"

// maxUnverified bounds the bytes of bodies that were read, and whose signatures cannot be verified yet.
const maxUnverified = 256 << 20

var (
	errDigest     = errors.New("the body is not the one that Content-Digest tells")
	errUnverified = errors.New("too many bodies wait for their signatures to be verified: tell a Content-Digest")
)

type digest = [sha256.Size]byte

const digestStart, digestEnd = "sha-256=:", ":"

func formatDigest(sum digest) string {
	return digestStart + base64.StdEncoding.EncodeToString(sum[:]) + digestEnd
}

// toldDigest is what the header says of the body's sum; false where it says nothing, or nothing that is understood.
func toldDigest(h http.Header) (sum digest, ok bool) {
	for _, line := range h[headerDigest] {
		for part := range strings.SplitSeq(line, ",") {
			part = strings.TrimSpace(part)
			text := strings.TrimSuffix(strings.TrimPrefix(part, digestStart), digestEnd)
			b, err := base64.StdEncoding.DecodeString(text)
			if err != nil || len(b) != len(sum) {
				continue
			}
			if sum = digest(b); formatDigest(sum) == part { // in no other spelling: the decoder passes over line breaks
				return sum, true
			}
		}
	}
	return digest{}, false
}

// unverified counts the bytes of bodies that were read, and are not verified yet.
type unverified struct{ bytes atomic.Int64 }

// unverifiedBody is a body that counts.
type unverifiedBody struct {
	io.Reader
	all *unverified
	got int64
}

// Read implements io.Reader.
func (b *unverifiedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.got += int64(n)
	if b.all.bytes.Add(int64(n)) > maxUnverified {
		return n, errUnverified
	}
	return n, err
}

// done ends the count.
func (b *unverifiedBody) done() { b.all.bytes.Add(-b.got) }

// signedBody verifies a signature, and reads the body, unless from is nil: in that order, where the sum is told.
func (s *Server) signedBody(from io.Reader, r *http.Request, op Op, group string, sig *signature) ([]byte, *Response) {
	sum, told := toldDigest(r.Header)
	switch {
	case from == nil:
		return nil, s.verify(sig, r, sha256.Sum256(nil))
	case !told:
		return s.bodyBeforeSignature(from, r, op, group, sig)
	}
	if refused := s.verify(sig, r, sum); refused != nil {
		return nil, refused
	}
	body, refused := s.body(from, r.ContentLength, op, group)
	if refused == nil && sha256.Sum256(body) != sum {
		refused = s.unauthorized(r, errDigest)
	}
	return body, refused
}

func (s *Server) bodyBeforeSignature(from io.Reader, r *http.Request, op Op, group string, sig *signature) ([]byte, *Response) {
	counted := &unverifiedBody{Reader: from, all: &s.unverified}
	defer counted.done()
	body, refused := s.body(counted, r.ContentLength, op, group)
	if refused == nil {
		refused = s.verify(sig, r, sha256.Sum256(body))
	}
	return body, refused
}

func (s *Server) verify(sig *signature, r *http.Request, sum digest) *Response {
	if err := s.verifier.verify(sig, r, sum); err != nil {
		return s.unauthorized(r, err)
	}
	return nil
}
