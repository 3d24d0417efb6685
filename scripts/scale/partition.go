package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
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
