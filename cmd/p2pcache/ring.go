package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/node"
)

// ring asks the node for its ring, and with a query for a key's owners.
func (a *asking) ring(ctx context.Context, query url.Values) (ring pages.Ring, err error) {
	return ring, a.page(ctx, pages.RingPath, query, &ring)
}

// page reads a page of the node, which is JSON.
func (a *asking) page(ctx context.Context, path string, query url.Values, to any) error {
	page, err := a.pages.Get(ctx, a.server, path, query)
	if err != nil {
		return err
	}
	if page.Code == http.StatusNotFound && query.Has("group") {
		return fmt.Errorf("%w %q", node.ErrUnknownGroup, query.Get("group"))
	}
	if err := page.Err(); err != nil {
		return err
	}
	if err := json.Unmarshal(page.Body, to); err != nil {
		return fmt.Errorf("%s is no p2pcache node: %w", page.Host, err)
	}
	return nil
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
