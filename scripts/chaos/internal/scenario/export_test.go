//go:build linux

package scenario

import (
	"fmt"
	"time"
)

// Plan writes the troubles of a mixture.
func Plan(seed uint64, length time.Duration) string {
	return fmt.Sprint(plan(chanceOf("random", seed), length))
}
