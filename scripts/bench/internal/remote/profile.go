package remote

import (
	"context"
	"fmt"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/load"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/profile"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/worker"
)

const (
	commandName    = "remote"
	profileCallers = 64
)

// profileOwn tells where this project's Get of a small value spends its time, in the process that asks and in the one that answers.
func profileOwn(ctx context.Context, own viaPeer, settings *report.Settings) ([]report.Table, error) {
	keys, err := own.fill(ctx, smallLength, mostValues)
	if err != nil {
		return nil, err
	}
	plan := load.Plan{Callers: profileCallers, Span: settings.ProfileSpan(), Caller: getter(own, keys, smallLength, profileCallers)}
	if err := own.worker.StartProfile(); err != nil {
		return nil, err
	}
	var gets float64
	asking, err := profile.Take(settings.ProfileFile(commandName+"-asking"), func() float64 {
		gets = float64(load.Run(ctx, plan).Calls)
		return gets
	})
	if err != nil {
		return nil, err
	}
	answering, err := own.worker.StopProfile(worker.EndProfile{File: settings.ProfileFile(commandName + "-answering"), Times: gets})
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("A Get of %d B from another process, %d callers: ", smallLength, profileCallers)
	return append(asking.Tables(what+"the process that asks"), answering.Tables(what+"the process that answers")...), nil
}
