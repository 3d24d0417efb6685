package transport_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/p2pcache/p2pcache/transport"
)

func TestAPageOfAnotherSiteWritesNothing(t *testing.T) {
	const node, here, there = "127.0.0.1:9999", "127.0.0.1:4711", "192.0.2.1:4711"
	for name, test := range map[string]struct {
		key, method, from, host, origin, token string
		refused                                bool
	}{
		"the node's own page":               {"", "PUT", here, node, "http://" + node, "", false},
		"by name":                           {"", "PUT", here, "localhost:9999", "http://localhost:9999", "", false},
		"over IPv6":                         {"", "PUT", here, "[::1]:9999", "http://[::1]:9999", "", false},
		"no browser":                        {"", "PUT", here, "cache.example:9999", "", "", false},
		"another site":                      {"", "PUT", here, node, "https://evil.example", "", true},
		"another port":                      {"", "DELETE", here, node, "http://127.0.0.1:80", "", true},
		"a name that was rebound":           {"", "PUT", here, "evil.example:9999", "http://evil.example:9999", "", true},
		"a page without a site":             {"", "PUT", here, node, "null", "", true},
		"with a secret as well":             {"secret", "PUT", here, "evil.example:9999", "http://evil.example:9999", "", true},
		"with the token":                    {"secret", "PUT", here, "evil.example:9999", "http://evil.example:9999", "t0ken", false},
		"with another token":                {"secret", "PUT", here, "evil.example:9999", "http://evil.example:9999", "token", true},
		"a read, whose reply it cannot see": {"", "GET", here, node, "https://evil.example", "", false},
		"from another machine":              {"", "PUT", there, "cache.example:9999", "http://cache.example:9999", "", false},
	} {
		s := transport.NewServer(transport.ServerConfig{Handler: &handler{}, Key: []byte(test.key), Token: "t0ken"})
		r := httptest.NewRequest(test.method, "/_gocache/g/k", strings.NewReader(""))
		r.RemoteAddr, r.Host = test.from, test.host
		if test.origin != "" {
			r.Header.Set("Origin", test.origin)
		}
		if test.token != "" {
			r.Header.Set("Authorization", "Bearer "+test.token)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if refused := w.Code == http.StatusUnauthorized; refused != test.refused {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		s.Close()
	}
}
