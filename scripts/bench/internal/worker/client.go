package worker

import (
	"encoding/json"

	"golang.org/x/sync/errgroup"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/load"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/process"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/profile"
)

// Worker is a worker in another process.
type Worker struct {
	*process.Process
	Address string // by which its kind of peers meet
	URL     string // of plain GETs, up to the key
}

// Start starts a worker.
func Start(spec Spec) (*Worker, error) {
	encoded, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	p, err := process.StartSelf(commandName, string(encoded))
	if err != nil {
		return nil, err
	}
	line, err := p.Line()
	var h hello
	if err == nil {
		err = json.Unmarshal([]byte(line), &h)
	}
	if err != nil {
		p.Stop()
		return nil, err
	}
	return &Worker{p, h.Address, h.URL}, nil
}

func (w *Worker) order(o order) (reply, error) {
	var r reply
	err := w.AskJSON(o, &r)
	return r, err
}

// Meet makes the worker's peer know those at the addresses.
func (w *Worker) Meet(addresses []string) error {
	_, err := w.order(order{Meet: addresses})
	return err
}

// Warm has the worker's peer get each of the keys once.
func (w *Worker) Warm(keys []string) error {
	_, err := w.order(order{Warm: keys})
	return err
}

// Herd has many callers of the worker's peer get one key at once.
func (w *Worker) Herd(h Herd) (load.Result, error) {
	r, err := w.order(order{Herd: &h})
	if err != nil {
		return load.Result{}, err
	}
	return *r.Result, nil
}

// Owned returns those of the keys that the worker's peer owns.
func (w *Worker) Owned(keys []string) ([]string, error) {
	r, err := w.order(order{Owns: keys})
	return r.Owned, err
}

// Load puts a load on the worker's peer, and returns when it is over.
func (w *Worker) Load(l Load) (load.Result, error) {
	r, err := w.order(order{Load: &l})
	if err != nil {
		return load.Result{}, err
	}
	return *r.Result, nil
}

// Usage is what the worker has taken since it started.
func (w *Worker) Usage() (Usage, error) {
	r, err := w.order(order{Usage: true})
	if err != nil {
		return Usage{}, err
	}
	return *r.Usage, nil
}

// StartProfile begins to profile the worker.
func (w *Worker) StartProfile() error {
	_, err := w.order(order{StartProfile: true})
	return err
}

// StopProfile ends the profile that was begun.
func (w *Worker) StopProfile(end EndProfile) (profile.Profile, error) {
	r, err := w.order(order{StopProfile: &end})
	if err != nil {
		return profile.Profile{}, err
	}
	return *r.Profile, nil
}

// Cluster is workers that know each other.
type Cluster []*Worker

// StartCluster starts so many workers that know each other.
func StartCluster(count int, spec Spec) (Cluster, error) {
	var c Cluster
	for range count {
		w, err := Start(spec)
		if err != nil {
			c.Stop()
			return nil, err
		}
		c = append(c, w)
	}
	if err := c.meet(); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

func (c Cluster) meet() error {
	var addresses []string
	for _, w := range c {
		addresses = append(addresses, w.Address)
	}
	return c.Each(func(_ int, w *Worker) error { return w.Meet(addresses) })
}

// Each calls f for all workers at once.
func (c Cluster) Each(f func(i int, w *Worker) error) error {
	var calls errgroup.Group
	for i, w := range c {
		calls.Go(func() error { return f(i, w) })
	}
	return calls.Wait()
}

// Stop ends all workers.
func (c Cluster) Stop() {
	c.Each(func(_ int, w *Worker) error { //nolint:errcheck // Stop has none
		w.Stop()
		return nil
	})
}
