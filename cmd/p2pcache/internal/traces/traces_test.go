package traces_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/traces"
	"github.com/p2pcache/p2pcache/node"
)

func start(t testing.TB) *traces.Tracer {
	t.Helper()
	tracer, err := traces.Start(context.Background(), "node1", "v1")
	if err != nil {
		t.Fatal(err)
	}
	return tracer
}

func TestNothingIsTracedUnlessTheEnvironmentAsksForIt(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	if start(t) != nil {
		t.Error("traced without an endpoint")
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("OTEL_SDK_DISABLED", "true")
	if start(t) != nil {
		t.Error("traced though it is disabled")
	}
}

func TestATracedLoaderAnswersAsItDidBefore(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	tracer := start(t)
	broken := errors.New("broken")
	for _, want := range []error{nil, node.ErrNotFound, broken} {
		load := tracer.Loader("g", func(context.Context, string) (node.Value, error) { return node.Value{Data: []byte("v")}, want })
		if v, err := load(context.Background(), "k"); !errors.Is(err, want) || v.String() != "v" {
			t.Errorf("%v, error %v; want what the loader said", v, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // nobody listens at the endpoint
	if err := tracer.Close(ctx); err == nil {
		t.Error("what could not be sent is not told")
	}
}

func ExampleTracer_Loader() {
	var none *traces.Tracer
	load := none.Loader("g", func(context.Context, string) (node.Value, error) { return node.Value{Data: []byte("v")}, nil })
	v, err := load(context.Background(), "k")
	fmt.Println(v, err)
	// Output: v <nil>
}
