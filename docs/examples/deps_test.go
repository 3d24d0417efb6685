package examples_test

import (
	// The programs in docs/migration.md that users come from.
	_ "github.com/bradfitz/gomemcache/memcache"
	_ "github.com/golang/groupcache"
)
