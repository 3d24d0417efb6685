package access_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/access"
)

const (
	here  = "127.0.0.1:4711"
	there = "192.0.2.1:4711"
)

func keys(t testing.TB, secrets ...string) *access.Keys {
	t.Helper()
	var texts [][]byte
	for _, secret := range secrets {
		texts = append(texts, []byte(secret))
	}
	k, err := access.NewKeys(texts...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func request(from, target string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.RemoteAddr = from
	return r
}

func Example() {
	keys, err := access.NewKeys([]byte("correct horse battery staple"))
	if err != nil {
		panic(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/debug/ring", nil)
	fmt.Println(keys.Allow(r) == nil)
	keys.Sign(r)
	fmt.Println(keys.Allow(r) == nil)
	// Output:
	// false
	// true
}

func TestWhoMaySeeThePages(t *testing.T) {
	right, wrong := keys(t, "right"), keys(t, "wrong")
	signed := func(k *access.Keys, from, target string) *http.Request {
		r := request(from, target)
		k.Sign(r)
		return r
	}
	moved := signed(right, there, "/debug/ring")
	moved.URL.RawQuery = "group=a"
	posted := signed(right, there, "/debug/ring")
	posted.Method = http.MethodPost
	for name, c := range map[string]struct {
		keys *access.Keys
		r    *http.Request
		want string
	}{
		"no secret":                        {nil, request(there, "/"), ""},
		"from here":                        {right, request(here, "/"), ""},
		"from here, over IPv6":             {right, request("[::1]:1", "/"), ""},
		"from there":                       {right, request(there, "/"), "know the cluster's secret"},
		"from nowhere":                     {right, request("@", "/"), "know the cluster's secret"},
		"signed":                           {right, signed(right, there, "/debug/ring?group=a&key=%ff"), ""},
		"signed with one that is accepted": {keys(t, "wrong", "right"), signed(right, there, "/"), ""},
		"accepted alone does not sign":     {right, signed(keys(t, "wrong", "right"), there, "/"), "the secrets differ"},
		"signed with another secret":       {right, signed(wrong, there, "/"), "the secrets differ"},
		"signed with another, from here":   {right, signed(wrong, here, "/"), "the secrets differ"},
		"signed for another page":          {right, moved, "the secrets differ"},
		"signed for another method":        {right, posted, "the secrets differ"},
		"signed without need":              {nil, signed(right, there, "/"), ""},
		"signed by who knows no secret":    {right, signed(nil, there, "/"), "know the cluster's secret"},
		"no secrets are none":              {keys(t), request(there, "/"), ""},
		"a password instead of signature":  {right, func() *http.Request { r := request(there, "/"); r.SetBasicAuth("a", "right"); return r }(), "know the cluster's secret"},
	} {
		err := c.keys.Allow(c.r)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func TestASignatureIsGoodForMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, r := keys(t, "secret"), request(there, "/")
		k.Sign(r)
		time.Sleep(5 * time.Minute)
		if err := k.Allow(r); err != nil {
			t.Errorf("after five minutes: %v, want it good", err)
		}
		time.Sleep(time.Second)
		if err := k.Allow(r); err == nil || !strings.Contains(err.Error(), "set the clocks") {
			t.Errorf("later: %v, want that the clocks are off", err)
		}
	})
}

func FuzzAllow(f *testing.F) {
	k := keys(f, "secret")
	f.Add("P2pcache 1 00")
	f.Add("P2pcache ")
	f.Fuzz(func(t *testing.T, field string) {
		r := request(there, "/")
		r.Header.Set("Authorization", field)
		if k.Allow(r) == nil {
			t.Errorf("%q is a signature", field)
		}
	})
}

func TestAClientSignsAndFollowsNobody(t *testing.T) {
	k := keys(t, "secret")
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = there
		switch err := k.Allow(r); {
		case err != nil:
			http.Error(w, err.Error(), http.StatusUnauthorized)
		case r.URL.Path == "/away":
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
		default:
			fmt.Fprint(w, r.URL.Query().Get("key"))
		}
	}))
	defer s.Close()
	get := func(k *access.Keys, path string) access.Page {
		t.Helper()
		c := access.NewClient(k, nil)
		defer c.Close()
		p, err := c.Get(context.Background(), s.Listener.Addr().String(), path, url.Values{"key": {"a/\xff"}})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := get(k, "/"); p.Err() != nil || string(p.Body) != "a/\xff" {
		t.Errorf("%v, %q; want the page", p.Err(), p.Body)
	}
	if p := get(k, "/away"); p.Err() == nil || p.Code != http.StatusFound {
		t.Errorf("%v, %d; want the redirect itself", p.Err(), p.Code)
	}
	if p := get(nil, "/"); p.Err() == nil || !strings.Contains(p.Err().Error(), "401 Unauthorized: this page is for those") {
		t.Errorf("unsigned: %v, want 401", p.Err())
	}
}
