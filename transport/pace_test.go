package transport_test

import (
	"bufio"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// TestABodyMayTakeTimeButNotForNothing sends bodies at several rates, of which some take longer than a request may.
func TestABodyMayTakeTimeButNotForNothing(t *testing.T) {
	for _, test := range []struct {
		length, each int // bytes, and how many a second
		status       int
		within       time.Duration
	}{
		{10, 10, 204, time.Second},
		{1000, 1, 400, 7 * time.Second},
		{8 << 20, 100 << 10, 204, 90 * time.Second},
		{8 << 20, 50 << 10, 400, 30 * time.Second},
	} {
		h := &handler{limit: 8 << 20}
		inBubble(t, transport.ServerConfig{Handler: h}, func(t *testing.T, _ *transport.Client, l *pipes) {
			conn, err := l.dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			var sender sync.WaitGroup
			defer sender.Wait()
			defer conn.Close()
			began := time.Now()
			sender.Go(func() {
				fmt.Fprintf(conn, "PUT /_gocache/g/k HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", test.length)
				for sent := 0; sent < test.length; sent += test.each {
					if _, err := conn.Write(make([]byte, min(test.each, test.length-sent))); err != nil {
						return
					}
					time.Sleep(time.Second)
				}
			})
			reply, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			reply.Body.Close()
			if took := time.Since(began); reply.StatusCode != test.status || took > test.within {
				t.Errorf("%d bytes, %d a second: %s after %v, want %d within %v", test.length, test.each, reply.Status, took, test.status, test.within)
			}
		})
	}
}
