package profile

import (
	"slices"
	"strings"
)

const (
	project   = "github.com/p2pcache/p2pcache/"
	benchmark = project + "scripts/"
)

// signs tell by functions on the stack what the runtime is busy with. The first that fits counts.
var signs = []struct {
	part      string
	functions []string
}{
	{"garbage collection", []string{"runtime.gcBgMarkWorker", "runtime.gcAssistAlloc", "runtime.bgsweep", "runtime.gcStart", "runtime.bgscavenge"}},
	{"allocation", []string{"runtime.mallocgc", "runtime.newobject", "runtime.growslice"}},
	{"system calls", []string{"syscall.Syscall", "syscall.RawSyscall6", "internal/runtime/syscall/linux.Syscall6", "internal/runtime/syscall.Syscall6"}},
	{"scheduling of goroutines", []string{"runtime.schedule", "runtime.mcall", "runtime.goready", "runtime.ready", "runtime.newproc", "runtime.futex", "runtime.sysmon"}},
}

// partOf names what a stack's time goes to, the innermost function first: something of the runtime's, or else the nearest package of
// this project that asked for it.
func partOf(stack []string) string {
	for _, s := range signs {
		if slices.ContainsFunc(stack, func(name string) bool { return slices.Contains(s.functions, name) }) {
			return s.part
		}
	}
	for _, name := range stack {
		switch {
		case strings.HasPrefix(name, benchmark):
			return "the benchmark itself"
		case strings.HasPrefix(name, project):
			room, _, _ := strings.Cut(strings.TrimPrefix(name, project), ".")
			return room
		}
	}
	return "other"
}
