// Package traces records loads from the origin as OpenTelemetry spans, where the environment asks for it.
package traces

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/p2pcache/p2pcache/node"
)

// endpoints are the variables of the OpenTelemetry specification that say where spans go to.
var endpoints = [...]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"}

// Tracer records spans and sends them. The nil Tracer records nothing and costs nothing. It is safe for concurrent use.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// Start returns a Tracer that sends to the OTLP endpoint that the environment names, over HTTP; nil where it names none. The
// specification's other variables count as well: OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME and so on.
func Start(ctx context.Context, member, version string) (*Tracer, error) {
	if !Wanted() {
		return nil, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	about, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", "p2pcache"), attribute.String("service.version", version),
		attribute.String("service.instance.id", member),
	), resource.WithFromEnv())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("traces: %w", err), exporter.Shutdown(ctx))
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(about))
	return &Tracer{provider, provider.Tracer("github.com/p2pcache/p2pcache")}, nil
}

// Wanted tells whether the environment asks for traces.
func Wanted() bool {
	if os.Getenv("OTEL_SDK_DISABLED") == "true" {
		return false
	}
	for _, name := range endpoints {
		if os.Getenv(name) != "" {
			return true
		}
	}
	return false
}

// Continue is the context of a request that is part of the trace that its header names, if it names one: a load that the request
// leads to is a span of that trace.
func Continue(r *http.Request) context.Context {
	return propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
}

// Parent names the trace that ctx is part of, as the header that Continue reads does; empty where it is part of none.
func Parent(ctx context.Context) string {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ""
	}
	header := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, header)
	return header.Get("traceparent")
}

// Loader returns load with a span around each call: the origin's work, for whoever waits for it. The loader's context
// carries it on.
func (t *Tracer) Loader(group string, load node.Loader) node.Loader {
	if t == nil {
		return load
	}
	named := trace.WithAttributes(attribute.String("p2pcache.group", group))
	return func(ctx context.Context, key string) (node.Value, error) {
		ctx, span := t.tracer.Start(ctx, "load "+group, trace.WithSpanKind(trace.SpanKindClient), named)
		defer span.End()
		v, err := load(ctx, key)
		switch {
		case errors.Is(err, node.ErrNotFound):
			span.SetAttributes(attribute.Bool("p2pcache.found", false))
		case err != nil:
			span.SetStatus(codes.Error, err.Error())
		default:
			span.SetAttributes(attribute.Bool("p2pcache.found", true), attribute.Int("p2pcache.value_bytes", len(v.Data)))
		}
		return v, err
	}
}

// Close sends what is left, within ctx.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}
