//go:build linux

package network

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// isolatedVar tells a process that Isolate has started it.
const isolatedVar = "P2PCACHE_CHAOS_ISOLATED"

// Isolated reports whether this process has a network of its own, in which it may make Namespaces.
func Isolated() bool { return os.Getenv(isolatedVar) != "" }

// Isolate runs this process's command once more, in a network namespace of its own, and returns its exit code. It is false where
// the system does not allow that, which is for the superuser or where users may have namespaces. What runs there meets nothing
// of the machine's network, and leaves nothing.
func Isolate() (code int, ok bool) {
	if _, err := exec.LookPath("ip"); err != nil { // which makes the links
		return 0, false
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), isolatedVar+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	spawner := newSpawner()
	defer spawner.close()
	if spawner.do(cmd.Start) != nil {
		signal.Stop(signals)
		return 0, false
	}
	go func() { // ends with the process
		for s := range signals {
			_ = cmd.Process.Signal(s) // it may have ended already
		}
	}()
	err := cmd.Wait()
	if exit, died := errors.AsType[*exec.ExitError](err); died && exit.ExitCode() < 0 {
		fmt.Fprintf(os.Stderr, "chaos: %v\n", err)
		return 1, true
	}
	return cmd.ProcessState.ExitCode(), true
}

// OpenLoopback brings up the loopback interface of a new namespace.
func OpenLoopback() error { return commands("link set lo up") }
