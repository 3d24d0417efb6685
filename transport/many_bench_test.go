package transport_test

import (
	"testing"

	"github.com/p2pcache/p2pcache/transport"
)

func BenchmarkReplies(b *testing.B) {
	items := make([]transport.Response, 100)
	for i := range items {
		items[i] = transport.Response{Value: make([]byte, 100), Version: 1 << 60, MinuteQPS: 3}
	}
	message := transport.AppendReplies(nil, items, true)
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			message = transport.AppendReplies(message[:0], items, true)
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := transport.ParseReplies(message, len(items), items...); err != nil {
				b.Fatal(err)
			}
		}
	})
}
