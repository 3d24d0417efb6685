package transport_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

func TestAReplayedWriteIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := transport.NewVerifier("k"), transport.NewSigner("k")
		w, r := write("v"), read()
		s.Sign(w, "v")
		s.Sign(r, "")
		if err := v.Verify(w, "v"); err != nil {
			t.Fatal(err)
		}
		for range 40 {
			refused(t, "a write", v.Verify(w, "v"), "")
			other := write("o")
			s.Sign(other, "o")
			if err := v.Verify(other, "o"); err != nil {
				t.Fatal(err)
			}
			if time.Since(began(t, w)) <= transport.AuthWindow && v.Verify(r, "") != nil {
				t.Error("a read was refused")
			}
			time.Sleep(transport.AuthWindow / 10)
		}
	})
}

// began is the time that a signature tells.
func began(t *testing.T, r *http.Request) time.Time {
	t.Helper()
	var ms int64
	if _, err := fmt.Sscan(r.Header.Get("Gocache-Auth"), &ms); err != nil {
		t.Fatal(err)
	}
	return time.UnixMilli(ms)
}

// TestASignatureFromTheFutureIsNotReplayed: it stays valid for twice the window.
func TestASignatureFromTheFutureIsNotReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := transport.NewReplays()
		for n := range uint64(100) {
			if err := p.Once("s", n); err != nil {
				t.Fatal(err)
			}
			for back := range n + 1 {
				if time.Duration(back)*time.Minute <= 2*transport.AuthWindow && p.Once("s", n-back) == nil {
					t.Fatalf("number %d passed twice, the second time after %d min", n-back, back)
				}
			}
			time.Sleep(time.Minute)
		}
	})
}

// TestWritesOvertakeEachOther compares what passes with a naive model: each number once.
func TestWritesOvertakeEachOther(t *testing.T) {
	p := transport.NewReplays()
	random := rand.New(rand.NewPCG(1, 2))
	seen := map[uint64]bool{}
	for at := range uint64(20_000) {
		n := max(at, 500) - random.Uint64N(500)
		if err := p.Once("s", n); (err == nil) == seen[n] {
			t.Fatalf("number %d, seen before: %v: %v", n, seen[n], err)
		}
		seen[n] = true
	}
}

func TestAWriteThatIsTooLateIsRefused(t *testing.T) {
	p := transport.NewReplays()
	for _, n := range []uint64{transport.MaxMissing + 1, 1 << 60, 1<<63 - 1} {
		if err := p.Once("s", n); err != nil {
			t.Errorf("number %d: %v", n, err)
		}
	}
	if p.Once("s", 0) == nil || p.Once("s", 1<<60-transport.MaxMissing) == nil {
		t.Error("a number far behind the others passed: nobody remembers whether it was seen")
	}
	if err := p.Once("s", 1<<63-1-transport.MaxMissing); err != nil {
		t.Errorf("a number not so far behind was refused: %v", err)
	}
}

func TestTheMemoryOfWritesIsBounded(t *testing.T) {
	v, s := transport.NewVerifier("k"), transport.NewSigner("k")
	for i := range 2 * transport.MaxMissing {
		r := write("")
		s.Sign(r, "")
		if i%2 == 0 { // as if the others were lost
			continue
		}
		if err := v.Verify(r, ""); err != nil {
			t.Fatal(err)
		}
	}
	if n := v.Missing(); n > transport.MaxMissing {
		t.Errorf("%d numbers are waited for, want at most %d", n, transport.MaxMissing)
	}
}

func TestTheMemoryOfSignersIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := transport.NewReplays()
		for i := range transport.MaxSessions {
			if err := p.Once(fmt.Sprint(i), 1); err != nil {
				t.Fatal(err)
			}
		}
		refused(t, "one signer more", p.Once("more", 1), "signers")
		if err := p.Once("0", 2); err != nil {
			t.Errorf("a signer that is known: %v", err)
		}
		time.Sleep(2*transport.AuthWindow + 1)
		if err := p.Once("more", 1); err != nil {
			t.Errorf("later: %v", err)
		}
		time.Sleep(2*transport.AuthWindow + 1)
		p.Once("more", 2)
		if n := p.Len(); n != 1 {
			t.Errorf("%d signers are remembered, want 1", n)
		}
	})
}

func TestACapturedWriteIsRefusedByTheServer(t *testing.T) {
	h := &handler{}
	addr := serve(t, transport.ServerConfig{Handler: h, Key: []byte("k")})
	r := httptest.NewRequest("DELETE", "/_gocache/g/k", nil)
	r.Header.Set("Gocache-Hop", "1")
	transport.NewSigner("k").Sign(r, "")
	for _, status := range []int{204, 401, 401} {
		got := curl(t, addr, "DELETE", "/_gocache/g/k", "Gocache-Hop: 1", "Gocache-Auth: "+r.Header.Get("Gocache-Auth"))
		if got.status != status {
			t.Errorf("got %d, want %d", got.status, status)
		}
	}
	if _, n := h.last(); n != 1 {
		t.Errorf("it was carried out %d times", n)
	}
}
