package main

import (
	"fmt"
	"os/exec"
	"strings"
)

// The hosts: majority on one switch, the rest on another.
const (
	majority = 3
	minority = 2
)

// namespaces are five hosts on two switches with a link between those, all of them network namespaces of this machine.
type namespaces struct{ prefix string }

func (namespaces) hosts() int { return majority + minority }

func (n namespaces) name(of any) string { return fmt.Sprint(n.prefix, of) }

// host tells how to run a command on the i-th host, and its IP.
func (n namespaces) host(i int) ([]string, string) {
	return []string{"ip", "netns", "exec", n.name(i)}, fmt.Sprintf("10.77.0.%d", i+1)
}

// switchOf is the switch that the i-th host is on.
func switchOf(i int) string {
	if i < majority {
		return "a"
	}
	return "b"
}

func (n namespaces) make() error {
	var all []string
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	for _, s := range []string{"a", "b"} {
		add("netns add %s", n.name(s))
		add("-n %s link add br0 type bridge", n.name(s))
		add("-n %s link set br0 up", n.name(s))
	}
	add("-n %s link add cut type veth peer name cut netns %s", n.name("a"), n.name("b"))
	for _, s := range []string{"a", "b"} {
		add("-n %s link set cut master br0 up", n.name(s))
	}
	for i := range n.hosts() {
		_, ip := n.host(i)
		add("netns add %s", n.name(i))
		add("-n %s link add eth0 type veth peer name p%d netns %s", n.name(i), i, n.name(switchOf(i)))
		add("-n %s addr add %s/24 dev eth0", n.name(i), ip)
		add("-n %s link set eth0 up", n.name(i))
		add("-n %s link set lo up", n.name(i))
		add("-n %s link set p%d master br0 up", n.name(switchOf(i)), i)
	}
	for _, line := range all {
		if err := runIP(line); err != nil {
			return err
		}
	}
	return nil
}

// link sets the link between the switches up or down.
func (n namespaces) link(state string) error {
	return runIP("-n " + n.name("a") + " link set cut " + state)
}

// remove removes what there is of them.
func (n namespaces) remove() {
	for i := range n.hosts() {
		_ = runIP("netns del " + n.name(i))
	}
	_ = runIP("netns del " + n.name("a"))
	_ = runIP("netns del " + n.name("b"))
}

func runIP(line string) error {
	out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", line, err, strings.TrimSpace(string(out)))
	}
	return nil
}
