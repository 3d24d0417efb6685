package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

const serveHelp = `Run a node. It joins the members that --join names, shares their groups, and hands over what it holds when it is stopped.

Each flag can also be given as a variable, --log-format as P2PCACHE_LOG_FORMAT, or in the YAML file that --config names,
as log-format; a flag wins over a variable, a variable over the file. A variable holds lists with commas, or several
groups with semicolons; the file may hold them as YAML lists.

Groups are NAME=SIZE, as in scores=64MiB: a name, and the memory that it may take on this node. Options may follow, as in
scores=64MiB,ttl=5m,replicas=2; give a group the same ones on all nodes:
` + groupHelp + `

Origins, which --origin names:
  demo                              three scores in the group scores; each search is logged
  http://HOST/PATH/{group}/{key}    a GET; the reply's Cache-Control sets the value's life; 404 is not found
  file:DIR or file:DIR/{group}      a file for each key
  none                              nothing to load: the group holds what is put

When the node serves, one line goes to standard output: ready name=NAME listen=HOST:PORT gossip=IP:PORT. A NAME with spaces is in
quotes. The node has tried to join by then; where no seed answered, it serves alone and goes on trying. Logs go to standard error.

Loads are traced by OpenTelemetry where OTEL_EXPORTER_OTLP_ENDPOINT names a collector, and an HTTP origin is told of the trace.

SIGHUP makes the node read its files again: the log level, the groups' origins and the secret change at once, and what needs a
restart is logged. "p2pcache help config" shows a file.

SIGTERM or SIGINT makes the node drain and leave, within --drain-timeout, and exit with 0. A second one makes it leave at
once and exit with 1, unless it comes within 100 ms, as the first sent twice.`

const serveExample = `  p2pcache serve
  p2pcache serve --listen 127.0.0.1:9998 --gossip 127.0.0.1:7947 --join 127.0.0.1:7946
  p2pcache serve --listen 10.0.0.1:9999 --gossip 10.0.0.1:7946 --secret-file secret.txt \
    --group pages=1GiB,ttl=5m --origin 'http://10.0.0.9/{group}/{key}'`

func newServeCommand() *cobra.Command {
	s := defaultSettings()
	flags := s.flags()
	cmd := &cobra.Command{
		Use:     "serve",
		Short:   "Run a node",
		Long:    serveHelp,
		Example: serveExample,
		Args:    arguments(""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			given := commandLineOf(s, flags)
			if err := s.fill(flags); err != nil {
				return err
			}
			return serve(s, given, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().AddFlagSet(flags)
	return cmd
}

// sentTwice is the time within which a further signal is taken for the first one again: timeout(1), for one, sends each to
// the process and to its group.
const sentTwice = 100 * time.Millisecond

var errLeftAtOnce = errors.New("told twice to stop: left at once, before everything was handed over")

// serve runs a node until it is told to stop. It says on out when it serves, and logs to errOut.
func serve(s settings, given commandLine, out, errOut io.Writer) error {
	signal.Ignore(syscall.SIGPIPE) // who reads the log may go: that must not end what serves
	signals, reloads := make(chan os.Signal, 2), make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	signal.Notify(reloads, syscall.SIGHUP)
	defer signal.Stop(reloads)

	server, err := start(s, errOut)
	if err != nil {
		return err
	}
	defer server.close()
	server.commandLine = given
	server.pages.SetUnready("joining")
	if err := server.meet(); err != nil {
		return err
	}
	server.pages.SetReady()
	if _, err := fmt.Fprintln(out, server.readyLine()); err != nil {
		server.log.Warn().Err(err).Msg("cannot say on standard output that it is ready")
	}
	server.log.Info().Stringer("signal", server.reloadUntil(signals, reloads)).Stringer("limit", s.drainTimeout).Msg("draining; a second signal leaves at once")
	stop := showHandOver(errOut, server.node)
	err = server.leave(signals)
	stop()
	signal.Stop(signals) // from now on a signal ends the process, should Close take its time
	return err
}

// reloadUntil reloads whenever it is told to, until it is told to stop, and returns by which signal.
func (s *server) reloadUntil(stop, reloads <-chan os.Signal) os.Signal {
	for {
		select {
		case sig := <-stop:
			return sig
		case <-reloads:
			s.reload()
		}
	}
}

// leave drains and leaves, unless a second signal comes before that is done.
func (s *server) leave(signals <-chan os.Signal) error {
	told := time.Now()
	s.pages.SetUnready("draining")
	ctx, cancel := context.WithTimeout(context.Background(), s.drainTimeout)
	defer cancel()
	left := make(chan error, 1)
	go func() { left <- s.node.Leave(ctx) }() // ends by ctx, by Close or with the process
	for {
		select {
		case err := <-left:
			s.logLeft(err)
			return nil
		case <-signals:
			if time.Since(told) > sentTwice {
				return errLeftAtOnce
			}
		}
	}
}

func (s *server) logLeft(err error) {
	if err != nil {
		s.log.Warn().Err(err).Msg("left before everything was handed over")
		return
	}
	s.log.Info().Msg("left")
}
