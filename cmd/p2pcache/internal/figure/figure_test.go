package figure_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/figure"
)

func TestTimesHaveThreeDigits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-1: "-", 0: "-", 1: "1ns", 999: "999ns", 1000: "1µs", 123456: "123µs", 999949: "1ms", 1234567890: "1.23s", 3 * time.Hour: "3h0m0s",
	} {
		if got := figure.Time(d); got != want {
			t.Errorf("%d ns: %s, want %s", d, got, want)
		}
	}
}

func Example() {
	fmt.Println(figure.Percent(0.9871), figure.Percent(-1), figure.Time(1234567), figure.Round(98765))
	// Output: 98.7% - 1.23ms 98.8µs
}
