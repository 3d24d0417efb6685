package node

// suspectsItself reports whether most peers do not answer: then it is most likely this node that is cut off, and not they. What
// it loads in their place is not kept as its own, and it goes on probing them often. With one peer there is no telling.
func (n *Node) suspectsItself() bool {
	others := n.view.Load().others
	failing := 0
	for _, p := range others {
		if p.breaker.open.Load() {
			failing++
		}
	}
	return len(others) > 1 && 2*failing > len(others)
}

// peerFails logs that a peer is not asked any more.
func (n *Node) peerFails(name string, err error) {
	n.log.Warn().Str("member", name).Err(err).Msg("does not answer: its next owners are asked instead")
	if n.suspectsItself() && n.suspicious.CompareAndSwap(false, true) {
		n.log.Warn().Msg("most members do not answer: this one seems to be cut off")
	}
}

// giveBack has a peer that answers again given what was kept in its place meanwhile, where members are set by hand: nothing else
// tells that it was started anew.
func (n *Node) giveBack() {
	if n.cluster == nil {
		signal(n.handovers.strayed)
	}
}

// peerAnswers logs that a peer is asked again, and gives it back what is its own.
func (n *Node) peerAnswers(name string) {
	n.giveBack()
	n.log.Info().Str("member", name).Msg("answers again")
	if !n.suspectsItself() && n.suspicious.CompareAndSwap(true, false) {
		n.log.Info().Msg("most members answer again")
	}
}
