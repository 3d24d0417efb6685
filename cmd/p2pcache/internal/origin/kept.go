package origin

import (
	"net/http"
	"sync"
)

// entryOverhead is what an entry takes beside its key, its value and its validators.
const entryOverhead = 160

// kept holds values with what their service gave to tell them from newer ones, up to a number of bytes. It is safe for
// concurrent use.
type kept struct {
	maxBytes int64

	mu      sync.Mutex
	entries map[string]keptValue // guarded by mu
	bytes   int64                // guarded by mu; of entries
}

// keptValue is a value and its validators, at least one of which is there.
type keptValue struct {
	data               []byte
	etag, lastModified string
}

func newKept(maxBytes int64) *kept { return &kept{maxBytes: maxBytes, entries: map[string]keptValue{}} }

func (k *kept) get(key string) (keptValue, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := k.entries[key]
	return v, ok
}

// put keeps a value if its reply has a validator, and makes room by dropping others, whichever come first.
func (k *kept) put(key string, data []byte, h http.Header) {
	v := keptValue{data, h.Get("ETag"), h.Get("Last-Modified")}
	size := sizeOf(key, v)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.dropLocked(key)
	if v.etag == "" && v.lastModified == "" || size > k.maxBytes/8 {
		return
	}
	for other := range k.entries {
		if k.bytes+size <= k.maxBytes {
			break
		}
		k.dropLocked(other)
	}
	k.entries[key] = v
	k.bytes += size
}

func (k *kept) drop(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.dropLocked(key)
}

func (k *kept) dropLocked(key string) {
	if v, ok := k.entries[key]; ok {
		k.bytes -= sizeOf(key, v)
		delete(k.entries, key)
	}
}

func sizeOf(key string, v keptValue) int64 {
	return int64(len(key) + len(v.data) + len(v.etag) + len(v.lastModified) + entryOverhead)
}

// ask makes r conditional: the service need not send a value again that is still good.
func (v keptValue) ask(r *http.Request) {
	if v.etag != "" {
		r.Header.Set("If-None-Match", v.etag)
	}
	if v.lastModified != "" {
		r.Header.Set("If-Modified-Since", v.lastModified)
	}
}
