package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// process is a member that runs by itself.
type process struct {
	name  string
	cmd   *exec.Cmd
	in    io.WriteCloser
	addr  chan string
	bytes chan int64
	done  chan struct{} // closed at the end of its output

	mu   sync.Mutex // guards the fields below
	seen string     // the members that it saw last, with commas
	at   time.Time  // when
	all  []string   // that it saw ever, in their order
}

// read takes in what the process says.
func (p *process) read(out io.Reader) {
	defer close(p.done)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var word, names string
		var number, sent int64
		switch n, _ := fmt.Sscan(lines.Text(), &word, &names, &names, &sent); word {
		case "ready":
			_, _ = fmt.Sscan(lines.Text(), &word, &names)
			p.addr <- names
		case "bytes":
			_, _ = fmt.Sscan(lines.Text(), &word, &number)
			p.bytes <- number
		case "seen":
			if n == 4 {
				_, _ = fmt.Sscan(lines.Text(), &word, &number)
				p.see(names, time.Unix(0, number))
			}
		}
	}
}

func (p *process) see(names string, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen, p.at, p.all = names, at, append(p.all, names)
}

// processorTimeOf reads it from /proc, in hundredths of a second.
func processorTimeOf(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 13 {
		return 0, errors.New("/proc: too few fields")
	}
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return 0, err
	}
	return time.Duration(user+system) * 10 * time.Millisecond, nil
}
