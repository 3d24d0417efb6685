// Package figure writes parts and times as tables and screens show them.
package figure

import (
	"fmt"
	"time"
)

// none stands for what there is no figure of.
const none = "-"

// Percent writes a part of 1, such as 0.25 as 25.0%; a dash for a negative one.
func Percent(part float64) string {
	if part < 0 {
		return none
	}
	return fmt.Sprintf("%.1f%%", part*100)
}

// Time writes a time to three digits; a dash for none.
func Time(d time.Duration) string {
	if d <= 0 {
		return none
	}
	return Round(d).String()
}

// Round is d to three digits.
func Round(d time.Duration) time.Duration {
	unit := time.Nanosecond
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit)
}
