// Package process runs the other processes that a benchmark needs, and ends them with it.
package process

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/procfs"
)

// grace is how long a process may take to end after SIGTERM.
const grace = 5 * time.Second

// Process is a process that this one started. It ends with this one at the latest.
type Process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	pipe   *os.File      // that out reads
	exited chan struct{} // closed once it has ended

	talk sync.Mutex // held from a question to its answer
}

// Start starts a program. What it writes to standard error goes to this process's.
func Start(program string, args ...string) (*Process, error) {
	cmd := exec.Command(program, args...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	// A pipe of our own: exec's is closed by Wait, which may run before all is read. Stop and Kill close it.
	out, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout = w
	err = cmd.Start()
	w.Close()
	if err != nil {
		out.Close()
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	p := &Process{cmd: cmd, in: in, out: bufio.NewReader(out), pipe: out, exited: make(chan struct{})}
	go func() { // ends with the process, which Stop waits for
		defer close(p.exited)
		cmd.Wait() //nolint:errcheck // that it ended is all that counts: it was told to, or the next question to it fails
	}()
	return p, nil
}

// Line reads the next line that the process writes.
func (p *Process) Line() (string, error) {
	line, err := p.out.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("%s ended early: %w", p.cmd.Path, err)
	}
	return line[:len(line)-1], nil
}

// Ask sends the process a line and returns the line that it answers.
func (p *Process) Ask(question string) (string, error) {
	p.talk.Lock()
	defer p.talk.Unlock()
	if _, err := io.WriteString(p.in, question+"\n"); err != nil {
		return "", fmt.Errorf("ask %s: %w", p.cmd.Path, err)
	}
	return p.Line()
}

// CPU is the processor time that the process has taken, in steps of 10 ms; 0 if it is gone.
func (p *Process) CPU() time.Duration {
	proc, err := procfs.NewProc(p.cmd.Process.Pid)
	if err != nil {
		return 0
	}
	stat, err := proc.Stat()
	if err != nil {
		return 0
	}
	return time.Duration(stat.CPUTime() * float64(time.Second))
}

// Stop ends the process, by force if it takes too long, and waits for it.
func (p *Process) Stop() {
	p.in.Close()
	p.cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended already
	select {
	case <-p.exited:
	case <-time.After(grace):
	}
	p.Kill()
}

// Kill ends the process as kill -9 does, and waits for it.
func (p *Process) Kill() {
	p.cmd.Process.Kill() //nolint:errcheck // it may have ended already
	<-p.exited
	p.pipe.Close()
}

// FreePort returns a TCP port of loopback that nobody listens on at the moment. It is below those that systems give to outgoing
// connections, one of which could take it before it is used.
func FreePort() (string, error) {
	var err error
	for range 1000 {
		port := strconv.Itoa(10_000 + rand.IntN(20_000))
		var l net.Listener
		if l, err = net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			return port, l.Close()
		}
	}
	return "", err
}

// AwaitListener waits until somebody listens on address, or the process ends.
func (p *Process) AwaitListener(address string, within time.Duration) error {
	for deadline := time.Now().Add(within); time.Now().Before(deadline); {
		conn, err := net.DialTimeout("tcp", address, within)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-p.exited:
			return fmt.Errorf("%s ended before it listened", p.cmd.Path)
		case <-time.After(5 * time.Millisecond):
		}
	}
	return errors.New(p.cmd.Path + " does not listen on " + address)
}

// OwnCPU is the processor time that this process has taken.
func OwnCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
