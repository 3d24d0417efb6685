package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/node"
)

// maxRingBytes bounds what is read of a ring's page: a thousand times that of a large cluster.
const maxRingBytes = 64 << 20

// ring asks the node for its ring, and with a query for a key's owners.
func (a *asking) ring(ctx context.Context, query url.Values) (pages.Ring, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url(pages.RingPath, query), nil)
	if err != nil {
		return pages.Ring{}, err
	}
	reply, err := http.DefaultClient.Do(req)
	if err != nil {
		return pages.Ring{}, err
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(io.LimitReader(reply.Body, maxRingBytes))
	if err != nil {
		return pages.Ring{}, err
	}
	return readRing(reply, body, query)
}

func readRing(reply *http.Response, body []byte, query url.Values) (pages.Ring, error) {
	switch {
	case reply.StatusCode == http.StatusNotFound && query.Has("group"):
		return pages.Ring{}, fmt.Errorf("%w %q", node.ErrUnknownGroup, query.Get("group"))
	case reply.StatusCode != http.StatusOK:
		return pages.Ring{}, fmt.Errorf("%s answered %s: %s", reply.Request.URL.Host, reply.Status, strings.TrimSpace(string(body)))
	}
	var ring pages.Ring
	if err := json.Unmarshal(body, &ring); err != nil {
		return pages.Ring{}, fmt.Errorf("%s is no p2pcache node: %w", reply.Request.URL.Host, err)
	}
	return ring, nil
}

// url returns a page of the node. That --server is well formed, node.NewClient has seen to.
func (a *asking) url(path string, query url.Values) string {
	base := strings.TrimSuffix(a.server, "/")
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return base + path
}

// printTable prints rows below a header, in columns.
func (a *asking) printTable(header string, rows []string) error {
	w := tabwriter.NewWriter(a.cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, header)
	for _, row := range rows {
		fmt.Fprintln(w, row)
	}
	return w.Flush()
}

// orDash stands for an empty cell, so that each row has as many words.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
