package remote

import (
	"context"
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
)

const help = `Get values that another process on this machine holds, through this project's Group.Get and through what a user would pick
instead: golang/groupcache, Redis with rueidis and go-redis, memcached with gomemcache. redis-server and memcached are started, and wrk
for plain GETs.`

const example = `  bench remote
  bench remote --sizes 100B --callers 1,64,256 --against "groupcache tuned,rueidis"`

// plan is what one run of the command measures.
type plan struct {
	sizes   []string
	callers []int
	against []string
	plain   bool
}

// Command returns the command remote.
func Command(settings *report.Settings) *cobra.Command {
	var p plan
	cmd := &cobra.Command{
		Use: commandName, Short: "Gets from another process", Long: help, Example: example, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := p.run(cmd.Context(), settings)
			if err != nil {
				return err
			}
			return settings.Finish(r, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringSliceVar(&p.sizes, "sizes", []string{"100B", "10KiB", "1MiB"}, "lengths of values")
	cmd.Flags().IntSliceVar(&p.callers, "callers", []int{1, 4, 16, 64, 256}, "numbers of callers")
	cmd.Flags().StringSliceVar(&p.against, "against", nil, "which others to run, as rueidis,memcached (default all)")
	cmd.Flags().BoolVar(&p.plain, "gets-only", false, "leave out small gets beside large ones, and wrk")
	return cmd
}

func (p plan) run(ctx context.Context, settings *report.Settings) (report.Report, error) {
	var f findings
	all, err := startAll(ctx, p.against)
	if err != nil {
		return report.Report{}, err
	}
	defer stopAll(all)
	for _, text := range p.sizes {
		length, err := humanize.ParseBytes(text)
		if err != nil || length == 0 || length > 1<<30 {
			return report.Report{}, fmt.Errorf("size %q: want a length such as 100B or 10KiB", text)
		}
		m, err := measureAll(ctx, all, int(length), p.callers, settings.Rounds(), settings.Span())
		if err != nil {
			return report.Report{}, err
		}
		f.matrices = append(f.matrices, m)
	}
	if !p.plain {
		if f.beside, err = measureBeside(ctx, all, settings.Rounds(), settings.Span()); err != nil {
			return report.Report{}, err
		}
		if f.wrk, err = measureWrk(ctx, all, settings.Rounds(), settings.Span()); err != nil {
			return report.Report{}, err
		}
	}
	r := f.report(all, p.callers)
	if settings.Profile != "" {
		r.Profiles, err = profileOwn(ctx, all[0].(viaPeer), settings)
	}
	return r, err
}
