package pages_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// browse returns what a browser gets at /.
func browse(t testing.TB) *httptest.ResponseRecorder {
	t.Helper()
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
	shown(t).ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("/: %d %s, want a page", w.Code, w.Header().Get("Content-Type"))
	}
	return w
}

func TestThePagesPolicyLetsRunWhatIsInItAlone(t *testing.T) {
	w := browse(t)
	policy := w.Header().Get("Content-Security-Policy")
	for tag, directive := range map[string]string{"script": "script-src", "style": "style-src"} {
		inline := regexp.MustCompile(`(?s)<`+tag+`>(.*?)</`+tag+`>`).FindAllStringSubmatch(w.Body.String(), -1)
		if len(inline) != 1 {
			t.Fatalf("%d times <%s>, want once", len(inline), tag)
		}
		sum := sha256.Sum256([]byte(inline[0][1]))
		if want := directive + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want+";") {
			t.Errorf("the policy is %s, want %s in it", policy, want)
		}
	}
	for _, want := range []string{"default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy is %s, want %s in it", policy, want)
		}
	}
}

func TestThePageAsksNobodyElse(t *testing.T) {
	body := browse(t).Body.String()
	for _, address := range regexp.MustCompile(`(?:https?:)?//[a-z0-9.-]+`).FindAllString(body, -1) {
		if address != "http://www.w3.org" { // SVG's name, which nothing fetches
			t.Errorf("the page names %s", address)
		}
	}
	for _, risky := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", " style=\"", " onclick="} {
		if strings.Contains(body, risky) {
			t.Errorf("the page uses %s", risky)
		}
	}
}
