//go:build linux

package cluster

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"time"
)

// pageTimeout bounds a read of a node's page.
const pageTimeout = 2 * time.Second

func clientWith(config *tls.Config) *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
}

// page reads what the node tells of itself at a path.
func (n *Node) page(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, pageTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL(path), nil)
	if err != nil {
		return nil, err
	}
	client := n.cluster.client
	if n.TLS != nil {
		client = clientWith(n.TLS)
		defer client.CloseIdleConnections()
	}
	reply, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s: %s", n.Name, path, reply.Status)
	}
	return io.ReadAll(reply.Body)
}
