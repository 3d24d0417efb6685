package store

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/caches"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/process"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
)

const (
	commandName = "store"

	holdEntries      = 5_000_000
	quickHoldEntries = 500_000
)

// Command returns the command store.
func Command(settings *report.Settings) *cobra.Command {
	cmd := &cobra.Command{
		Use: commandName, Short: "Rates, memory and garbage collection of the store", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			found, err := measureRates(settings.Rounds(), settings.Span())
			if err != nil {
				return err
			}
			entries := holdEntries
			if settings.Quick {
				entries = quickHoldEntries
			}
			all, full, err := holdAll(entries)
			if err != nil {
				return err
			}
			r := summary(found, entries, all, full)
			if settings.Profile != "" {
				if r.Profiles, err = profileOwn(settings); err != nil {
					return err
				}
			}
			return settings.Finish(r, cmd.OutOrStdout())
		},
	}
	cmd.AddCommand(newHoldCommand(), newRateCommand())
	return cmd
}

// holdAll has each contender hold the entries, and this project's store hold what a full budget holds.
func holdAll(entries int) (all []held, full held, err error) {
	for _, kind := range kinds {
		h, err := holdInProcess(kind, entries, false)
		if err != nil {
			return nil, full, fmt.Errorf("%s: %w", kind.Name, err)
		}
		all = append(all, h)
	}
	full, err = holdInProcess(caches.P2PCache, entries, true)
	return all, full, err
}

// profileOwn tells where this project's store spends its time when it takes new entries, from one caller.
func profileOwn(settings *report.Settings) ([]report.Table, error) {
	p, err := process.StartSelf(commandName, rateCommand, caches.P2PCache.Name)
	if err != nil {
		return nil, err
	}
	defer p.Stop()
	var a answer
	q := question{Load: storeLoad, Callers: 1, Span: settings.ProfileSpan(), Profile: true, File: settings.ProfileFile(commandName)}
	if err := p.AskJSON(q, &a); err != nil {
		return nil, err
	}
	return a.Profile.Tables("A Set of a new key into a full store, 1 caller"), nil
}
