package membership_test

import (
	"testing"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/membership"
)

func TestLinesOfMemberlistKeepTheirLevel(t *testing.T) {
	for line, want := range map[string]struct {
		level zerolog.Level
		text  string
	}{
		"[DEBUG] memberlist: Stream connection\n": {zerolog.DebugLevel, "Stream connection"},
		"[INFO] memberlist: Suspect b":            {zerolog.InfoLevel, "Suspect b"},
		"[WARN] memberlist: Refuting":             {zerolog.WarnLevel, "Refuting"},
		"[ERR] memberlist: failed":                {zerolog.ErrorLevel, "failed"},
		"[ERR] Failed to shutdown":                {zerolog.ErrorLevel, "Failed to shutdown"},
		"[ERROR] memberlist: failed":              {zerolog.ErrorLevel, "failed"},
		"Err: no prefix":                          {zerolog.InfoLevel, "Err: no prefix"},
		"[odd":                                    {zerolog.InfoLevel, "[odd"},
		"":                                        {zerolog.InfoLevel, ""},
	} {
		if level, text := membership.ParseLogLine(line); level != want.level || text != want.text {
			t.Errorf("%q is %v %q, want %v %q", line, level, text, want.level, want.text)
		}
	}
}
