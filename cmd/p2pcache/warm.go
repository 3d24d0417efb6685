package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/warm"
	"github.com/p2pcache/p2pcache/node"
)

const warmHelp = `Get keys so that they are cached before somebody asks: those of FILE, or of standard input for "-", one on each line.

With --resume, the file that it names remembers how far the list is done, and the same command begins there again; it is
removed once all is done. Ctrl-C ends the run and leaves it. Keys that there are not are counted, and done.`

// saveEvery is how often the file of --resume is written.
const saveEvery = time.Second

// warmFlags are what warm was told.
type warmFlags struct {
	cfg    warm.Config
	resume string
}

func newWarmCommand() *cobra.Command {
	f := warmFlags{cfg: warm.Config{Callers: 16}}
	cmd := newLongCommand("warm", "GROUP FILE", "Get a list of keys so that they are cached", f.run)
	cmd.Use = "warm GROUP FILE|-"
	cmd.Long = warmHelp
	cmd.Example = "  p2pcache warm pages keys.txt --rate 500 --resume keys.state\n" +
		"  psql -Atc 'select id from users' | p2pcache warm users -"
	flags := cmd.Flags()
	flags.Var(parsedVar(&f.cfg.Callers, "16", "N", parseCount(1<<12)), "callers", "how many ask at a time")
	flags.Var(parsedVar(&f.cfg.Rate, "0", "N", parseNumber(1e9)), "rate", "keys a second; 0: as fast as they are answered")
	flags.BoolVarP(&f.cfg.Null, "null", "0", false, "a zero byte ends each key, and not a line's end")
	flags.StringVar(&f.resume, "resume", "", "`FILE` that remembers how far the list is done")
	return cmd
}

func (f *warmFlags) run(ctx context.Context, a *asking) error {
	list, size, err := openList(a.args[1], a.cmd.InOrStdin())
	if err != nil {
		return err
	}
	defer list.Close()
	f.cfg.Keys = list
	f.cfg.Get = func(ctx context.Context, key string) error { return a.warm(ctx, key) }
	if f.resume != "" {
		if f.cfg.Skip, err = warm.State(f.resume).Load(); err != nil {
			return usagef("--resume %s: %w", f.resume, err)
		}
	}
	began, progress := time.Now(), &warm.Progress{}
	stop := f.follow(a, progress, size)
	err = warm.Run(ctx, f.cfg, progress)
	stop()
	return f.finish(a, progress, time.Since(began), err)
}

// openList opens the list of keys and returns its size; negative where that is unknown.
func openList(path string, in io.Reader) (io.ReadCloser, int64, error) {
	if path == "-" {
		return io.NopCloser(in), -1, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, usagef("FILE: %w", err)
	}
	info, err := file.Stat()
	if err != nil || info.IsDir() {
		file.Close()
		return nil, 0, usagef("FILE: %s is not a file", path)
	}
	return file, info.Size(), nil
}

// warm gets one key, within the command's time limit.
func (a *asking) warm(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	_, err := a.client.Get(ctx, a.args[0], key)
	if errors.Is(err, node.ErrNotFound) {
		return warm.ErrAbsent
	}
	return err
}

// follow shows the progress and saves it, until it is stopped.
func (f *warmFlags) follow(a *asking, p *warm.Progress, size int64) (stop func()) {
	bar := a.newBar(size, "warming", progressbar.OptionShowBytes(true))
	done := make(chan struct{})
	var follower sync.WaitGroup
	follower.Go(func() {
		show, save := time.NewTicker(barEvery), time.NewTicker(saveEvery)
		defer show.Stop()
		defer save.Stop()
		for {
			select {
			case <-done:
				_ = bar.Finish() // what it cannot write is no reason to stop
				return
			case <-show.C:
				bar.Describe(fmt.Sprintf("%d keys, %d failed", p.Done.Load(), p.Failed.Load()))
				_ = bar.Set64(p.Bytes.Load())
			case <-save.C:
				_ = f.save(p) // the last one tells what is wrong
			}
		}
	})
	return func() {
		close(done)
		follower.Wait()
	}
}

func (f *warmFlags) save(p *warm.Progress) error {
	if f.resume == "" {
		return nil
	}
	return warm.State(f.resume).Save(p.Resume())
}

// warmed is the JSON of a warm.
type warmed struct {
	Group    string  `json:"group"`
	Skipped  int64   `json:"skipped"` // done by a run before
	Warmed   int64   `json:"warmed"`
	NotFound int64   `json:"not_found"`
	Failed   int64   `json:"failed"`
	Seconds  float64 `json:"seconds"`
}

func (f *warmFlags) finish(a *asking, p *warm.Progress, took time.Duration, err error) error {
	absent := p.Absent.Load()
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	w := warmed{a.args[0], f.cfg.Skip, p.Done.Load() - absent, absent, p.Failed.Load(), pages.Seconds(took)}
	if a.json {
		err = errors.Join(err, a.printJSON(w))
	} else {
		fmt.Fprintf(a.cmd.OutOrStdout(), "%d keys warmed, %d not found, %d failed, %d skipped, in %v\n",
			w.Warmed, w.NotFound, w.Failed, w.Skipped, took.Round(time.Millisecond))
	}
	if f.resume == "" {
		return wrapped(err)
	}
	if err == nil {
		return wrapped(warm.State(f.resume).Remove())
	}
	return wrapped(errors.Join(err, f.save(p)))
}

// wrapped says which command failed.
func wrapped(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("warm: %w", err)
}
