package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Partition is what became of clusters of three and two members that were cut apart.
type Partition struct {
	Profile string    `json:"profile"`
	Lasted  float64   `json:"lasted"` // seconds
	Apart   []float64 `json:"apart"`  // seconds until each side saw itself alone
	Healed  []float64 `json:"healed"` // seconds from the heal until all agreed
}

// partition cuts a cluster apart and heals it, some times, and prints how long it took as a line of JSON.
func partition(args []string) error {
	flags := flag.NewFlagSet("partition", flag.ContinueOnError)
	profile := flags.String("profile", "lan", "how eager gossip is")
	lasts := flags.Duration("for", 10*time.Second, "how long they are apart")
	times := flags.Int("times", 5, "how often")
	if err := flags.Parse(args); err != nil {
		return err
	}
	n := namespaces{prefix: fmt.Sprintf("p2pcache-scale-%d-", os.Getpid())}
	defer n.remove()
	if err := n.make(); err != nil {
		return err
	}
	c := &processes{profile: *profile, host: n.host}
	defer c.close()
	for range n.hosts() {
		if _, err := c.start(); err != nil {
			return err
		}
	}
	if _, err := c.agreed(); err != nil {
		return err
	}
	result := Partition{Profile: *profile, Lasted: lasts.Seconds()}
	for range *times {
		if err := result.once(c, n, *lasts); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

func (r *Partition) once(c *processes, n namespaces, lasts time.Duration) error {
	cut := time.Now()
	if err := n.link("down"); err != nil {
		return err
	}
	larger, err := agree(c.running[:majority])
	if err != nil {
		return err
	}
	smaller, err := agree(c.running[majority:])
	if err != nil {
		return err
	}
	r.Apart = append(r.Apart, max(larger.Sub(cut), smaller.Sub(cut)).Seconds())
	time.Sleep(lasts - time.Since(cut))
	healed := time.Now()
	if err := n.link("up"); err != nil {
		return err
	}
	at, err := agree(c.running)
	r.Healed = append(r.Healed, at.Sub(healed).Seconds())
	return err
}

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
