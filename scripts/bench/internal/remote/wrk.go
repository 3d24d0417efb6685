package remote

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
)

// wrkConnections are kept alive, and each has one request in flight.
const wrkConnections = 64

// What the table and its column are called.
const wrkColumn = "requests/s"

var wrkTitle = fmt.Sprintf("Plain GET of 100 B by wrk, 1 thread, %d connections kept alive: requests a second", wrkConnections)

var wrkRate = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)

var wrkErrors = regexp.MustCompile(`(?m)^\s*(Socket errors|Non-2xx).*$`)

// measureWrk has wrk send plain GETs to the servers of this project and of groupcache.
func measureWrk(ctx context.Context, all []contender, rounds int, span time.Duration) (map[string]sample.Sample, error) {
	rates := make(map[string]sample.Sample)
	var servers []viaPeer
	var urls []string
	for _, c := range all {
		v, ok := c.(viaPeer)
		if !ok || v.adjust != nil { // no second time for the same server
			continue
		}
		keys, err := v.fill(ctx, smallLength, 1)
		if err != nil {
			return nil, err
		}
		servers, urls = append(servers, v), append(urls, v.worker.URL+keys[0])
	}
	err := sample.Interleave(rounds, len(servers), func(i int) error {
		rate, err := wrk(ctx, urls[i], span)
		name := servers[i].client.Kind()
		rates[name] = append(rates[name], rate)
		return err
	})
	return rates, err
}

// wrk returns the requests a second that url was answered. wrk counts whole seconds.
func wrk(ctx context.Context, url string, span time.Duration) (float64, error) {
	seconds := max(int(span.Round(time.Second)/time.Second), 1)
	out, err := exec.CommandContext(ctx, "wrk", "-t1", "-c"+strconv.Itoa(wrkConnections), "-d"+strconv.Itoa(seconds)+"s", url).Output()
	if err != nil {
		return 0, fmt.Errorf("wrk: %w", err)
	}
	if failed := wrkErrors.Find(out); failed != nil {
		return 0, fmt.Errorf("wrk %s: %s", url, failed)
	}
	rate := wrkRate.FindSubmatch(out)
	if rate == nil {
		return 0, fmt.Errorf("wrk tells no rate: %s", out)
	}
	return strconv.ParseFloat(string(rate[1]), 64)
}

func wrkTable(rates map[string]sample.Sample) report.Table {
	t := report.Table{
		Title:   wrkTitle,
		Columns: []string{"server", wrkColumn},
	}
	for _, name := range []string{"p2pcache", "groupcache"} {
		if len(rates[name]) > 0 {
			t.Add(report.Text(name), report.Spread(rates[name]))
		}
	}
	return t
}
