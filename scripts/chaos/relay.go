//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/relay"
)

const relayHelp = `Forward TCP connections and UDP datagrams to a target, and do to them what networks do: delay, lose, slow, cut off.

What is lost on TCP is sent again by the other side in a real network: here it comes 200ms late. What is cut off on TCP waits, as
it does in a real network until somebody gives up.

Lines on standard input change what is done while it runs: the name of a flag and its value, as in "loss 30%" or "cut to", or
"mend", which ends all faults. It runs until it is told to stop.`

const relayExamples = `  scripts/relay.sh --listen 127.0.0.1:8000 --target 127.0.0.1:9999 --delay 50ms --jitter 10ms
  scripts/relay.sh --listen 127.0.0.1:8946 --target 127.0.0.1:7946 --udp --loss 5%
  scripts/relay.sh --listen 127.0.0.1:8000 --target 127.0.0.1:9999 --bandwidth 1MB --way from
  (sleep 10; echo cut both; sleep 5; echo mend; sleep 10) | scripts/relay.sh --listen 127.0.0.1:8000 --target 127.0.0.1:9999`

// weather is what befalls traffic, as flags.
type weather struct {
	delay, jitter   time.Duration
	loss, bandwidth string
	way, cut        string
	listen, target  string
	noTCP, udp      bool
}

func newRelayCommand() *cobra.Command {
	var w weather
	cmd := &cobra.Command{
		Use: "relay", Short: "Forward traffic and spoil it", Long: relayHelp, Example: relayExamples, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return w.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&w.listen, "listen", "127.0.0.1:0", "`HOST:PORT` to listen on; port 0 picks a free one")
	flags.StringVar(&w.target, "target", "", "`HOST:PORT` to forward to")
	flags.BoolVar(&w.udp, "udp", false, "forward UDP as well")
	flags.BoolVar(&w.noTCP, "no-tcp", false, "do not forward TCP")
	w.addFaults(flags)
	return cmd
}

// addFaults adds the flags that lines on standard input may set as well.
func (w *weather) addFaults(flags *pflag.FlagSet) {
	flags.DurationVar(&w.delay, "delay", 0, "of everything")
	flags.DurationVar(&w.jitter, "jitter", 0, "the most that is added to the delay, at random")
	flags.StringVar(&w.loss, "loss", "0%", "the `PART` that is lost, as in 5%")
	flags.StringVar(&w.bandwidth, "bandwidth", "0", "`BYTES` a second, as in 1MB; 0 is no limit")
	flags.StringVar(&w.way, "way", "both", "which way all that befalls: `to` the target, from it, or both")
	flags.StringVar(&w.cut, "cut", "none", "which way nothing passes: `to` the target, from it, both, or none")
}

// faults are what the flags say.
func (w *weather) faults() (relay.Faults, error) {
	loss, err := strconv.ParseFloat(strings.TrimSuffix(w.loss, "%"), 64)
	if err != nil {
		return relay.Faults{}, usageError{fmt.Errorf("--loss %q: want a percentage, as in 5%%", w.loss)}
	}
	bandwidth, err := humanize.ParseBytes(w.bandwidth)
	if err != nil {
		return relay.Faults{}, usageError{fmt.Errorf("--bandwidth %q: %w", w.bandwidth, err)}
	}
	way := relay.Way{Delay: w.delay, Jitter: w.jitter, Loss: loss / 100, Bandwidth: int64(bandwidth)}
	var f relay.Faults
	if f.To, f.From, err = both(w.way, way); err != nil {
		return relay.Faults{}, usageError{fmt.Errorf("--way %q: want to, from or both", w.way)}
	}
	cutTo, cutFrom, err := both(w.cut, true)
	if err != nil && w.cut != "none" {
		return relay.Faults{}, usageError{fmt.Errorf("--cut %q: want to, from, both or none", w.cut)}
	}
	f.To.Cut, f.From.Cut = cutTo, cutFrom
	if err := f.Validate(); err != nil {
		return relay.Faults{}, usageError{err}
	}
	return f, nil
}

// both gives a value to the ways that a word names.
func both[T any](word string, value T) (to, from T, err error) {
	switch word {
	case "both":
		return value, value, nil
	case "to":
		return value, from, nil
	case "from":
		return to, value, nil
	}
	return to, from, fmt.Errorf("no way is called %q", word)
}

func (w *weather) run(ctx context.Context, in io.Reader, out, errOut io.Writer) error {
	faults, err := w.faults()
	if err != nil {
		return err
	}
	if w.target == "" {
		return usageError{fmt.Errorf("--target is missing: say where to forward to")}
	}
	r, err := relay.Start(relay.Config{Listen: w.listen, Target: w.target, TCP: !w.noTCP, UDP: w.udp})
	if err != nil {
		return err
	}
	defer r.Close()
	r.Set(faults)
	fmt.Fprintf(out, "ready listen=%s target=%s\n", r.Addr(), w.target)
	go w.listenTo(in, r, errOut) // ends with the process: a read of a terminal cannot be ended
	<-ctx.Done()
	return nil
}

// listenTo changes the faults by what lines say.
func (w *weather) listenTo(in io.Reader, r *relay.Relay, errOut io.Writer) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		changed := *w
		faults, err := changed.told(lines.Text())
		if err != nil {
			fmt.Fprintf(errOut, "relay: %v\n", err)
			continue
		}
		*w = changed
		r.Set(faults)
	}
}

// told changes the flags by a line, and returns the faults that they then say.
func (w *weather) told(line string) (relay.Faults, error) {
	name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	before := *w
	w.addFaults(flags) // which sets them to their defaults: no faults
	if name == "mend" {
		return w.faults()
	}
	*w = before
	if err := flags.Set(name, strings.TrimSpace(value)); err != nil {
		return relay.Faults{}, err
	}
	return w.faults()
}
