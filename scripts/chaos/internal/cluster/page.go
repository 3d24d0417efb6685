//go:build linux

package cluster

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// pageTimeout bounds a read of a node's page.
const pageTimeout = 2 * time.Second

// page reads what the node tells of itself at a path.
func (n *Node) page(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, pageTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL(path), nil)
	if err != nil {
		return nil, err
	}
	reply, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s: %s", n.Name, path, reply.Status)
	}
	return io.ReadAll(reply.Body)
}
