//go:build linux

package scenario

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"path/filepath"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/cluster"
)

func certificates() []Scenario {
	return []Scenario{
		{Name: "authority", About: "a node joins whose certificate is of another authority, and owns keys: none of its requests is served and it serves none; errors 0",
			Nodes: 3, tls: true, run: misissued},
	}
}

// maxPlaces is how many nodes a certificate is good for.
const maxPlaces = 8

// issueAll gives all nodes certificates of one authority, and returns what their clients connect with.
func (r *Run) issueAll() (files issued, clients *tls.Config, err error) {
	a, err := newAuthority()
	if err != nil {
		return issued{}, nil, err
	}
	if files, err = a.issue(filepath.Join(r.set.Logs, "certificates"), r.addresses()); err != nil {
		return issued{}, nil, err
	}
	clients, err = a.client(files)
	return files, clients, err
}

func (r *Run) addresses() (ips []net.IP) {
	for place := range maxPlaces {
		ips = append(ips, r.net.IP(place).AsSlice(), r.net.Listen(place).AsSlice())
	}
	return ips
}

// misissued has a node join whose certificate no other one accepts, nor it theirs.
func misissued(r *Run) error {
	other, err := newAuthority()
	if err != nil {
		return err
	}
	files, err := other.issue(filepath.Join(r.set.Logs, "others"), r.addresses())
	if err != nil {
		return err
	}
	members := r.cluster.Up()
	stranger := r.cluster.Add()
	stranger.Flags = files.flags() // which come after those of all
	if stranger.TLS, err = other.client(files); err != nil {
		return err
	}
	r.fault(stranger.Name + " comes with a certificate of another authority")
	ctx, cancel := context.WithTimeout(r.ctx, restLimit)
	defer cancel()
	if err := stranger.Start(ctx); err != nil {
		return err
	}
	stranger.SetAside(true) // clients would refuse it
	r.goOn()
	answered, refused := 0.0, 0.0
	for _, n := range members {
		for _, pair := range [][2]*cluster.Node{{n, stranger}, {stranger, n}} {
			a, f, err := r.requestsTo(pair[0], pair[1])
			if err != nil {
				return err
			}
			answered, refused = answered+a, refused+f
		}
	}
	r.atMost("requests answered", answered, 0)
	r.note("requests refused", refused)
	if refused == 0 {
		return errors.New("nothing was asked that could have been refused")
	}
	return r.touchAll()
}

// requestsTo counts the requests of one node to another that were answered, and that were not.
func (r *Run) requestsTo(from, to *cluster.Node) (answered, refused float64, err error) {
	m, err := from.Metrics(r.ctx)
	if err != nil {
		return 0, 0, err
	}
	const name = "p2pcache_peer_requests_total"
	all := m.Sum(name, map[string]string{"peer": to.Name})
	refused = m.Sum(name, map[string]string{"peer": to.Name, "code": "no-reply"})
	return all - refused, refused, nil
}
