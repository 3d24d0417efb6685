//go:build linux

package network

import (
	"os/exec"
	"runtime"
	"syscall"
)

// spawner starts processes that end with this one, however that ends. The system ties their lives to the thread that
// started them, so there is one thread that starts them all.
type spawner struct{ work chan func() }

func newSpawner() spawner {
	s := spawner{make(chan func())}
	go func() { // ends with close
		runtime.LockOSThread() // without an unlock: the thread ends with the goroutine
		for do := range s.work {
			do()
		}
	}()
	return s
}

func (s spawner) start(cmd *exec.Cmd) error { return s.do(func() error { return start(cmd) }) }

// start starts cmd on the thread that it is called on, in a process group of its own so that Ctrl-C does not reach it.
func start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	return cmd.Start()
}

// do runs a function on the thread that starts processes.
func (s spawner) do(run func() error) error {
	done := make(chan error)
	s.work <- func() { done <- run() }
	return <-done
}

func (s spawner) close() { close(s.work) }
