package node

// A purge is told to the members directly, and its version is gossiped as the group's epoch: a member that could not be told, or
// was away, hears of it once it is back.

// spreadPurge gossips that everything from before a version is gone.
func (g *Group) spreadPurge(version uint64) {
	n := g.node
	if n.cluster == nil {
		return
	}
	if err := n.cluster.RaiseEpoch(g.name, version); err != nil && n.ctx.Err() == nil {
		n.log.Warn().Err(err).Str("group", g.name).Msg("a member that is away will not hear of this purge")
	}
}

// heardOfPurge is called with the epochs that are gossiped.
func (n *Node) heardOfPurge(group string, epoch uint64) {
	if g, ok := n.groups.find(group); ok { // else it catches up when it is made
		g.catchUp(epoch)
	}
}

// catchUp carries out a purge that this node has not heard of yet.
func (g *Group) catchUp(epoch uint64) {
	if g.node.clock.hear(epoch) && epoch > g.flights.purged() {
		g.dropAll(epoch)
	}
}
