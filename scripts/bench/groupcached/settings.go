package main

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
)

type settings struct {
	name, listen, gossip, advertise, group, origin, cluster string
	join                                                    []string
}

// groupSize reads NAME=SIZE[,OPTION...].
func (s settings) groupSize() (name string, bytes int64, err error) {
	name, rest, _ := strings.Cut(s.group, "=")
	size, _, _ := strings.Cut(rest, ",")
	parsed, err := humanize.ParseBytes(size)
	if name == "" || err != nil {
		return "", 0, fmt.Errorf("group %q: want NAME=SIZE", s.group)
	}
	return name, int64(parsed), nil
}

// gossipAddress splits the address to gossip at.
func (s settings) gossipAddress() (ip string, port int, err error) {
	host, digits, err := net.SplitHostPort(s.gossip)
	if err == nil {
		port, err = strconv.Atoi(digits)
	}
	return host, port, err
}
