package transport_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/p2pcache/p2pcache/transport"
)

const someTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

type traceKey struct{}

// tracing starts a server whose replies are the trace that its handler's context has, and a client of it.
func tracing(tb testing.TB, plain bool) (*transport.Client, string) {
	addr := serve(tb, transport.ServerConfig{
		Handler: &handler{serve: func(ctx context.Context, r transport.Request) transport.Response {
			trace, _ := ctx.Value(traceKey{}).(string)
			one := transport.Response{Value: []byte(trace)}
			if _, ok := ctx.Deadline(); !ok {
				one = transport.Response{Code: transport.Internal, Text: "the deadline is lost"}
			}
			if r.Op == transport.GetMany {
				return transport.Response{Items: []transport.Response{one}}
			}
			return one
		}},
		RequestContext: func(r *http.Request) context.Context {
			if r.Header.Get("Traceparent") == "panic" {
				panic(r.URL.Path)
			}
			return context.WithValue(r.Context(), traceKey{}, r.Header.Get("Traceparent"))
		},
	})
	return connect(tb, transport.ClientConfig{Addr: addr, Plain: plain}), addr
}

func TestATraceGoesWithARequest(t *testing.T) {
	for _, plain := range []bool{false, true} {
		t.Run(fmt.Sprintf("plain=%v", plain), func(t *testing.T) {
			c, _ := tracing(t, plain)
			for trace, want := range map[string]string{
				someTrace:                someTrace,
				"":                       "",
				"no\r\nfield: of HTTP":   "",
				strings.Repeat("a", 128): strings.Repeat("a", 128),
				strings.Repeat("a", 129): "",
			} {
				got := must(t, c, transport.Request{Group: "g", Key: "k", Trace: trace})
				if got.Code != transport.OK || string(got.Value) != want {
					t.Errorf("%q came as %v %q %s", trace, got.Code, got.Value, got.Text)
				}
				many := must(t, c, transport.Request{Op: transport.GetMany, Group: "g", Keys: []string{"k"}, Trace: trace})
				if len(many.Items) != 1 || string(many.Items[0].Value) != want {
					t.Errorf("%q came with many as %v", trace, many.Items)
				}
			}
			if got := must(t, c, transport.Request{Group: "g", Key: "k", Trace: "panic"}); got.Code != transport.Internal {
				t.Errorf("%v where RequestContext panics, want internal", got.Code)
			}
		})
	}
}

func TestATraceGoesWithALargeRequest(t *testing.T) {
	c, _ := tracing(t, false)
	keys := []string{strings.Repeat("k", 1<<20)}
	got := must(t, c, transport.Request{Op: transport.GetMany, Group: "g", Keys: keys, Trace: someTrace})
	if len(got.Items) != 1 || string(got.Items[0].Value) != someTrace {
		t.Errorf("it came as %v", got.Items)
	}
}

// What a stranger sends as a trace is nothing that a header could not hold.
func TestATraceThatIsNoneIsIgnored(t *testing.T) {
	_, addr := tracing(t, false)
	conn, in := framed(t, addr)
	trace := bytes.Replace(transport.AppendRequest(nil, 7, transport.Request{Group: "g", Key: "k", Trace: someTrace}, 0), []byte("-01"), []byte("-\r\n"), 1)
	conn.Write(trace)
	kind, message, err := readFrame(in)
	if err != nil || kind != kindReply || bytes.Contains(message, []byte("4bf92f")) {
		t.Errorf("%d %q, %v", kind, message, err)
	}
}
