package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// processes are members that run by themselves.
type processes struct {
	profile string
	loss    float64
	host    func(i int) (run []string, ip string) // what runs the i-th member's command, and where; nil: here
	running []*process
	ended   []*process
	next    int
	missed  int // how often a member was not seen by another though it was there
}

// start starts a member and has it join through any other. It returns when that was.
func (c *processes) start() (time.Time, error) {
	self, err := os.Executable()
	if err != nil {
		return time.Time{}, err
	}
	p := &process{
		name: fmt.Sprintf("m%03d", c.next), addr: make(chan string, 1), bytes: make(chan int64, 1), done: make(chan struct{}),
	}
	run, ip := []string{}, "127.0.0.1"
	if c.host != nil {
		run, ip = c.host(c.next)
	}
	c.next++
	run = append(run, self, "member", p.name, c.profile, fmt.Sprint(c.loss), ip)
	p.cmd = exec.Command(run[0], run[1:]...)
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return time.Time{}, err
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return time.Time{}, err
	}
	if err := p.cmd.Start(); err != nil {
		return time.Time{}, err
	}
	go p.read(out)
	c.running = append(c.running, p)
	return c.join(p)
}

func (c *processes) join(p *process) (time.Time, error) {
	select {
	case addr := <-p.addr:
		p.addr <- addr
	case <-p.done:
		return time.Time{}, fmt.Errorf("%s has ended", p.name)
	}
	others := c.running[:len(c.running)-1]
	if len(others) == 0 {
		return time.Now(), nil
	}
	seed := others[rand.N(len(others))]
	addr := <-seed.addr
	seed.addr <- addr
	now := time.Now()
	_, err := fmt.Fprintln(p.in, "join", addr)
	return now, err
}

// agreed waits until all members see exactly each other, counts those that were missed meanwhile, and returns when the
// last began to see them.
func (c *processes) agreed() (time.Time, error) {
	last, err := agree(c.running)
	if err == nil {
		c.countMissed()
	}
	return last, err
}

// agree waits until some members see exactly each other, and returns when the last began to.
func agree(some []*process) (time.Time, error) {
	var names []string
	for _, p := range some {
		names = append(names, p.name)
	}
	slices.Sort(names)
	want := strings.Join(names, ",")
	for deadline := time.Now().Add(agreeWithin); ; time.Sleep(5 * time.Millisecond) {
		last, ok := lastSaw(some, want)
		if ok {
			return last, nil
		}
		if time.Now().After(deadline) {
			return last, fmt.Errorf("%s do not agree within %v", want, agreeWithin)
		}
	}
}

func lastSaw(some []*process, want string) (last time.Time, ok bool) {
	ok = true
	for _, p := range some {
		p.mu.Lock()
		if p.seen != want {
			ok = false
		} else if p.at.After(last) {
			last = p.at
		}
		p.mu.Unlock()
	}
	return last, ok
}

// countMissed counts the members that run and that another one saw, and then did not see.
func (c *processes) countMissed() {
	for _, p := range c.running {
		p.mu.Lock()
		for i := 1; i < len(p.all); i++ {
			c.missed += c.vanished(p.all[i-1], p.all[i])
		}
		p.all = p.all[max(0, len(p.all)-1):]
		p.mu.Unlock()
	}
}

func (c *processes) vanished(before, after string) int {
	n := 0
	now := strings.Split(after, ",")
	for name := range strings.SplitSeq(before, ",") {
		runs := slices.ContainsFunc(c.running, func(p *process) bool { return p.name == name })
		if runs && !slices.Contains(now, name) {
			n++
		}
	}
	return n
}

// take takes any member but the first out of those that run.
func (c *processes) take() *process {
	i := 1 + rand.N(len(c.running)-1)
	p := c.running[i]
	c.running = slices.Delete(c.running, i, i+1)
	c.ended = append(c.ended, p)
	return p
}

// kill ends a member by SIGKILL.
func (c *processes) kill() (time.Time, error) {
	p, now := c.take(), time.Now()
	return now, p.cmd.Process.Kill()
}

// leave has a member leave.
func (c *processes) leave() (time.Time, error) {
	p, now := c.take(), time.Now()
	_, err := fmt.Fprintln(p.in, "leave")
	return now, err
}

// spent is how many bytes the members have sent and what processor time they have used.
func (c *processes) spent() (int64, time.Duration, error) {
	var bytes int64
	var cpu time.Duration
	for _, p := range c.running {
		if _, err := fmt.Fprintln(p.in, "bytes"); err != nil {
			return 0, 0, err
		}
		used, err := processorTimeOf(p.cmd.Process.Pid)
		if err != nil {
			return 0, 0, err
		}
		select {
		case sent := <-p.bytes:
			bytes, cpu = bytes+sent, cpu+used
		case <-p.done:
			return 0, 0, fmt.Errorf("%s has ended", p.name)
		}
	}
	return bytes, cpu, nil
}

// close ends all of them.
func (c *processes) close() {
	for _, p := range slices.Concat(c.running, c.ended) {
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.done
		_ = p.cmd.Wait() // was killed
	}
}
