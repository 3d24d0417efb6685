package worker

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
)

// Key names the value of a length that has a number.
func Key(length, number int) string { return strconv.Itoa(length) + ":" + strconv.Itoa(number) }

// Value is the value of a key that Key made: bytes that no compression makes shorter, always the same.
func Value(key string) ([]byte, error) {
	digits, _, ok := strings.Cut(key, ":")
	length, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return nil, fmt.Errorf("key %q names no length", key)
	}
	h := fnv.New64a()
	h.Write([]byte(key))
	var seed [32]byte
	copy(seed[:], strconv.FormatUint(h.Sum64(), 16))
	value := make([]byte, length)
	rand.NewChaCha8(seed).Read(value) //nolint:errcheck // it never fails
	return value, nil
}

// loader brings values from the origin, or makes them up where there is none.
func (s Spec) loader() func(context.Context, string) ([]byte, error) {
	if s.Origin == "" {
		return func(_ context.Context, key string) ([]byte, error) { return Value(key) }
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	return func(ctx context.Context, key string) ([]byte, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Origin+key, nil)
		if err != nil {
			return nil, err
		}
		resp, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("origin: %s", resp.Status)
		}
		return io.ReadAll(resp.Body)
	}
}
