package membership

// Member is one member of the cluster, as it describes itself. Members compare with ==.
type Member struct {
	Name       string // stable name; unique in the cluster
	HTTPAddr   string // host:port of the member's HTTP server
	GossipAddr string // IP:port that the member gossips at
	Zone       string // failure domain; may be empty
	Weight     int    // share of the ring relative to the other members; 1 to 100
	Boot       uint64 // differs at every start of the member
	Draining   bool   // the member is about to leave: off the ring, still answering
}

// Snapshot is the membership at one moment: an immutable value, to be shared and never changed.
type Snapshot struct {
	// Version is 1 for the first snapshot that a Cluster publishes, and one more for each that follows.
	Version uint64

	// Members are sorted by name. The member that published the snapshot is among them, unless NameTaken is set.
	Members []Member

	// Left are the last members that said that they leave, and went: who is told of snapshots, of which versions may be skipped,
	// cannot tell by Members whether one died.
	Left []Member

	// NameTaken tells that the member of this one's name in Members is another one, which had the name first and is
	// alive. The others do not know this one: it must not act as if it owned anything. It takes the name as soon as
	// that member is gone.
	NameTaken bool
}
