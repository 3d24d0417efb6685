package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Detection is what members in processes of their own cost, and how soon they saw what.
type Detection struct {
	Profile string    `json:"profile"`
	Members int       `json:"members"`
	Loss    float64   `json:"loss"`
	Busy    bool      `json:"busy"`     // every core had something else to do
	Form    float64   `json:"form"`     // seconds from the start of the first until all agree, one joining after the other
	Join    []float64 `json:"join"`     // seconds until the last of them saw one join, sorted
	Leave   []float64 `json:"leave"`    // leave
	Kill    []float64 `json:"kill"`     // killed by SIGKILL
	False   int       `json:"false"`    // members that were missed though they were there
	Bytes   float64   `json:"bytes"`    // a second that each sent, while nothing happened
	CPU     float64   `json:"cpu"`      // per cent of a core that each used, while nothing happened
	IdleFor float64   `json:"idle_for"` // seconds of that
}

const (
	agreeWithin = time.Minute
	settle      = 5 * time.Second
)

// detect runs clusters of processes and prints what it finds, one line of JSON each.
func detect(args []string) error {
	flags := flag.NewFlagSet("detect", flag.ContinueOnError)
	profiles := flags.String("profiles", "lan", "profiles, separated by spaces")
	sizes := flags.String("sizes", "3,5,20", "numbers of members, with commas")
	repeats := flags.Int("repeats", 5, "how often each event is timed")
	loss := flags.Float64("loss", 0, "part of the packets that is lost, 0 to 1")
	busy := flags.Bool("busy", false, "keep every core busy meanwhile")
	idle := flags.Duration("idle", 10*time.Second, "how long to watch a cluster in which nothing happens")
	if err := flags.Parse(args); err != nil {
		return err
	}
	stop := make(chan struct{})
	defer close(stop)
	if *busy {
		for range runtime.NumCPU() {
			go spin(stop)
		}
	}
	for profile := range strings.FieldsSeq(*profiles) {
		for text := range strings.SplitSeq(*sizes, ",") {
			n, err := strconv.Atoi(text)
			if err != nil || n < 2 {
				return fmt.Errorf("sizes: %q is no number of members from 2", text)
			}
			d := Detection{Profile: profile, Members: n, Loss: *loss, Busy: *busy}
			if err := d.measure(*repeats, *idle); err != nil {
				return fmt.Errorf("%s, %d members: %w", profile, n, err)
			}
			if err := json.NewEncoder(os.Stdout).Encode(d); err != nil {
				return err
			}
		}
	}
	return nil
}

// spin keeps a core busy.
func spin(stop <-chan struct{}) {
	for x := uint64(1); ; x = x*6364136223846793005 + 1 {
		if x>>50 == 0 {
			select {
			case <-stop:
				return
			default:
			}
		}
	}
}

func (d *Detection) measure(repeats int, idle time.Duration) error {
	c := &processes{profile: d.Profile, loss: d.Loss}
	defer c.close()
	began := time.Now()
	for range d.Members {
		if _, err := c.start(); err != nil {
			return err
		}
	}
	at, err := c.agreed()
	if err != nil {
		return err
	}
	d.Form = at.Sub(began).Seconds()
	if err := d.idle(c, idle); err != nil {
		return err
	}
	for range repeats {
		if err := d.events(c); err != nil {
			return err
		}
	}
	for _, times := range [][]float64{d.Join, d.Leave, d.Kill} {
		slices.Sort(times)
	}
	d.False = c.missed
	return nil
}

// idle watches the members do nothing, once the news of who joined are old.
func (d *Detection) idle(c *processes, lasts time.Duration) error {
	time.Sleep(settle)
	bytes, cpu, err := c.spent()
	if err != nil {
		return err
	}
	time.Sleep(lasts)
	bytesNow, cpuNow, err := c.spent()
	each := lasts.Seconds() * float64(d.Members)
	d.Bytes, d.CPU, d.IdleFor = float64(bytesNow-bytes)/each, 100*(cpuNow-cpu).Seconds()/each, lasts.Seconds()
	return err
}

// events kills a member, has another one join, has that leave, and another one join.
func (d *Detection) events(c *processes) error {
	for _, event := range []struct {
		times  *[]float64
		happen func() (time.Time, error)
	}{{&d.Kill, c.kill}, {&d.Join, c.start}, {&d.Leave, c.leave}, {&d.Join, c.start}} {
		began, err := event.happen()
		if err != nil {
			return err
		}
		at, err := c.agreed()
		if err != nil {
			return err
		}
		*event.times = append(*event.times, at.Sub(began).Seconds())
	}
	return nil
}
