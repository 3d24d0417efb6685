package pages

import (
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"
)

// metricsHandler serves n's counters and those of the process, from a registry of its own: two nodes in one process do
// not meet.
func metricsHandler(n Node, log zerolog.Logger) http.Handler {
	registry := NewRegistry(n)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog:      errorLog{log},
		ErrorHandling: promhttp.ContinueOnError, // one bad label must not hide all the rest
		Registry:      registry,
	})
}

// NewRegistry returns a registry of n's metrics, the process's and the build's.
func NewRegistry(n Node) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collector{n},
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		buildInfo(),
	)
	return registry
}

func buildInfo() prometheus.Collector {
	version, revision := Build()
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "p2pcache_build_info",
		Help:        "Always 1; its labels say what runs.",
		ConstLabels: prometheus.Labels{"version": version, "revision": revision, "goversion": runtime.Version()},
	})
	gauge.Set(1)
	return gauge
}

// errorLog is a zerolog.Logger for promhttp.
type errorLog struct{ log zerolog.Logger }

func (l errorLog) Println(v ...any) { l.log.Warn().Any("cause", v).Msg("metrics are incomplete") }
