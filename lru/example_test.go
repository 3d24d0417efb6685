package lru_test

import (
	"fmt"
	"time"

	"github.com/p2pcache/p2pcache/lru"
)

func Example() {
	cache, err := lru.New(lru.Config{MaxBytes: 1 << 20})
	if err != nil {
		fmt.Println(err)
		return
	}

	cache.Set("Tom", lru.Entry{Value: []byte("630"), TTL: time.Minute})
	if e, ok := cache.Get("Tom"); ok {
		fmt.Printf("Tom is %s, %s, for less than a minute: %v\n", e.Value, e.Kind, e.TTL < time.Minute)
	}

	fmt.Println("removed:", cache.Remove("Tom"))
	_, ok := cache.Get("Tom")
	fmt.Println("found:", ok)
	// Output:
	// Tom is 630, owned, for less than a minute: true
	// removed: true
	// found: false
}
