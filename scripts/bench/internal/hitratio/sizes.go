package hitratio

import (
	"fmt"
	"strconv"
	"strings"
)

// size is how large the caches are.
type size struct {
	label   string
	percent float64 // of the distinct keys, or of their bytes; 0: entries counts
	entries int
}

// parseSizes reads sizes such as "0.5%" or "1000".
func parseSizes(texts []string) ([]size, error) {
	var sizes []size
	for _, text := range texts {
		if number, ok := strings.CutSuffix(text, "%"); ok {
			percent, err := strconv.ParseFloat(number, 64)
			if err != nil || !(percent > 0 && percent <= 100) {
				return nil, fmt.Errorf("size %q: want a share above 0%% and up to 100%%", text)
			}
			sizes = append(sizes, size{label: text, percent: percent})
			continue
		}
		entries, err := strconv.Atoi(text)
		if err != nil || entries < 1 {
			return nil, fmt.Errorf("size %q: want a share such as 0.5%%, or a number of entries", text)
		}
		sizes = append(sizes, size{label: text, entries: entries})
	}
	return sizes, nil
}

// entriesOf is the number of entries that a cache of this size holds of t.
func (s size) entriesOf(t trace) int {
	if s.entries > 0 {
		return s.entries
	}
	return max(int(s.percent/100*float64(len(t.keys))), 1)
}

// share is the size as a percentage of t's distinct keys.
func (s size) share(t trace) float64 {
	if s.entries > 0 {
		return 100 * float64(s.entries) / float64(len(t.keys))
	}
	return s.percent
}
