// Scale measures what gossip costs and how soon it tells, as scripts/scale.sh describes.
//
// The simulation, in simulation_test.go, holds up to some thousand members in one process, over a network in memory and
// in time that passes as fast as the processor allows. What it says of time is therefore what the protocol takes, however
// busy the machine is; what it says of processor time was spent for real.
//
// The commands run members as processes of their own, over loopback:
//
//	scale detect    how soon a kill -9, a leave and a join are seen, and the cost when nothing happens
//	scale partition how soon three and two members, cut apart in network namespaces, are one cluster again; for root
//	scale member    one such process, which the others are told of on standard input
package main
