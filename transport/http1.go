package transport

import (
	"crypto/tls"
	"net/http"
)

// http1 is HTTP/1.1 alone. One connection of HTTP/2 would have small replies wait behind large ones, and has no Upgrade.
func http1() *http.Protocols {
	p := &http.Protocols{}
	p.SetHTTP1(true)
	return p
}

// http1TLS is a copy of cfg that offers HTTP/1.1 alone; nil for nil.
func http1TLS(cfg *tls.Config) *tls.Config {
	if cfg == nil {
		return nil
	}
	cfg = cfg.Clone()
	cfg.NextProtos = []string{"http/1.1"}
	return cfg
}

// clientTLS returns what makes the configuration for a new connection to host; nil where it is to be plain HTTP.
func clientTLS(cfg ClientConfig, host string) func() *tls.Config {
	now := cfg.TLSNow
	if now == nil {
		if cfg.TLS == nil {
			return nil
		}
		now = func() *tls.Config { return cfg.TLS }
	}
	return func() *tls.Config {
		c := http1TLS(now())
		if c.ServerName == "" {
			c.ServerName = host
		}
		return c
	}
}
