// Package profile tells where a process spends its processor time: by function, and by what stands behind it.
package profile

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime/pprof"

	pprofile "github.com/google/pprof/profile"
)

// Profile is the processor time of one process while it did something many times.
type Profile struct {
	Nanos     float64 `json:"nanos"` // of processor each time
	Parts     []Line  `json:"parts"`
	Functions []Line  `json:"functions"` // those that take most
}

// Line is one part or function, in nanoseconds each time.
type Line struct {
	Name string  `json:"name"`
	Self float64 `json:"self"`
	All  float64 `json:"all,omitempty"` // of a function, with what it calls
}

// Take profiles this process while do runs, which returns how many times it did what it does. The profile is kept in a file as
// well, which "go tool pprof" reads, unless the file's name is empty.
func Take(file string, do func() float64) (Profile, error) {
	recording, err := Start()
	if err != nil {
		return Profile{}, err
	}
	return recording.Stop(file, do())
}

// Recording is a profile that is being taken. A process takes one at a time.
type Recording struct{ raw bytes.Buffer }

// Start begins one.
func Start() (*Recording, error) {
	r := &Recording{}
	return r, pprof.StartCPUProfile(&r.raw)
}

// Stop ends it, after so many times.
func (r *Recording) Stop(file string, times float64) (Profile, error) {
	pprof.StopCPUProfile()
	if file != "" {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return Profile{}, err
		}
		if err := os.WriteFile(file, r.raw.Bytes(), 0o644); err != nil {
			return Profile{}, err
		}
	}
	parsed, err := pprofile.Parse(&r.raw)
	if err != nil {
		return Profile{}, err
	}
	return sum(parsed, times), nil
}
