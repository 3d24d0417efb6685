package pages_test

import (
	"net/http"
	"testing"
)

const (
	oneJSON = `{"name":"node1","http_addr":"127.0.0.1:9999","gossip_addr":"127.0.0.1:7946","zone":"a","weight":1,"draining":false}`
	twoJSON = `{"name":"node2","http_addr":"127.0.0.1:10000","weight":2,"draining":true}`
	ringTop = `{"self":"node1","ring_hash":9007199254740991,"members":[` + oneJSON + `,` + twoJSON + `]`
)

func TestTheRingIsJSON(t *testing.T) {
	const key = "&key=T%2Fm%26%ff"
	for query, want := range map[string]string{
		"":                              ringTop + "}\n",
		"?":                             ringTop + "}\n",
		"?group=scores" + key:           ringTop + `,"owners":[` + twoJSON + `,` + oneJSON + "]}\n",
		"?group=scores&n=1" + key:       ringTop + `,"owners":[` + twoJSON + "]}\n",
		"?group=scores&n=2" + key:       ringTop + `,"owners":[` + twoJSON + `,` + oneJSON + "]}\n",
		"?group=scores&n=999999" + key:  ringTop + `,"owners":[` + twoJSON + `,` + oneJSON + "]}\n",
		"?n=2&group=%73cores&a=b" + key: ringTop + `,"owners":[` + twoJSON + `,` + oneJSON + "]}\n",
	} {
		w := ask(shown(t), http.MethodGet, "/debug/ring"+query)
		if w.Code != http.StatusOK || w.Body.String() != want {
			t.Errorf("%q: %d %s want 200 %s", query, w.Code, w.Body, want)
		}
		if got := w.Header().Get("Content-Type"); got != "application/json" {
			t.Errorf("%q: Content-Type %q, want application/json", query, got)
		}
	}
}

func TestARingQueryThatMakesNoSenseIsRefused(t *testing.T) {
	for query, want := range map[string]struct {
		code int
		body string
	}{
		"?group=scores":           {http.StatusBadRequest, "want both, as in /debug/ring?group=GROUP&key=KEY\n"},
		"?key=Tom":                {http.StatusBadRequest, "want both, as in /debug/ring?group=GROUP&key=KEY\n"},
		"?n=1":                    {http.StatusBadRequest, "want both, as in /debug/ring?group=GROUP&key=KEY\n"},
		"?group=x%0A&key=Tom":     {http.StatusNotFound, `unknown group "x\n"` + "\n"},
		"?group=scores&key=a&n=0": {http.StatusBadRequest, `n is "0": want a number from 1` + "\n"},
		"?group=scores&key=a&n=":  {http.StatusBadRequest, `n is "": want a number from 1` + "\n"},
		"?group=scores&key=a&n=x": {http.StatusBadRequest, `n is "x": want a number from 1` + "\n"},
		"?group=scores&key=%zz":   {http.StatusBadRequest, `invalid URL escape "%zz"` + "\n"},
	} {
		w := ask(shown(t), http.MethodGet, "/debug/ring"+query)
		if w.Code != want.code || w.Body.String() != want.body {
			t.Errorf("%q: %d %s want %d %s", query, w.Code, w.Body, want.code, want.body)
		}
	}
}
