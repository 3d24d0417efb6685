package report

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

// Host is the machine and the versions that figures were taken with.
type Host struct {
	CPU    string            `json:"cpu"`
	Cores  int               `json:"cores"`
	OS     string            `json:"os"`
	Go     string            `json:"go"`
	Commit string            `json:"commit,omitempty"` // of this repository
	Peers  map[string]string `json:"peers,omitempty"`  // version by module or program
}

// ThisHost describes this machine, and the versions of the given modules.
func ThisHost(modules ...string) Host {
	h := Host{CPU: cpuModel(), Cores: runtime.NumCPU(), OS: kernel(), Go: runtime.Version(), Commit: commit(), Peers: map[string]string{}}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return h
	}
	for _, dep := range info.Deps {
		for _, m := range modules {
			if dep.Path == m {
				h.Peers[m] = dep.Version
			}
		}
	}
	return h
}

func cpuModel() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	_, rest, _ := strings.Cut(string(info), "model name")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimLeft(line, "\t :")
}

func kernel() string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return runtime.GOOS
	}
	return runtime.GOOS + " " + strings.TrimSpace(string(release))
}

func commit() string {
	self, err := os.Executable() // which scripts/bench.sh builds into the repository
	if err != nil {
		return ""
	}
	out, err := exec.Command("git", "-C", filepath.Dir(self), "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// versions names the peers with their versions.
func (h Host) versions() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(h.Peers)) {
		all = append(all, strings.TrimPrefix(name, "github.com/")+" "+h.Peers[name])
	}
	return strings.Join(all, ", ")
}

var versionNumber = regexp.MustCompile(`[0-9]+(\.[0-9]+)+`)

// AddProgram adds the version that a program tells when it is called with flag, if it is there.
func (h Host) AddProgram(name, flag string) {
	out, err := exec.Command(name, flag).Output()
	if err == nil {
		h.Peers[name] = versionNumber.FindString(string(out))
	}
}
