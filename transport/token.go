package transport

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// headerToken carries what an outside client shows, behind bearer.
const (
	headerToken = "Authorization"
	bearer      = "Bearer "
)

// showsToken reports whether a request carries the token; false where there is none.
func showsToken(r *http.Request, token string) bool {
	shown, ok := strings.CutPrefix(first(r.Header, headerToken), bearer)
	if !ok || token == "" {
		return false
	}
	// The sums have the same length: the time tells nothing of the token's.
	a, b := sha256.Sum256([]byte(shown)), sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// clientsOnly is the key of a context value: the request came to a listener on which members are not served.
type clientsOnly struct{}

func isClientsOnly(r *http.Request) bool { return r.Context().Value(clientsOnly{}) != nil }
