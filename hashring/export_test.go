package hashring

// Positions returns the positions of m's points, in the order in which they are
// derived from its name.
func Positions(m Member) []uint32 {
	var positions []uint32
	for _, p := range appendPoints(nil, m.clamped(), 0) {
		positions = append(positions, p.position())
	}
	return positions
}

// PointCount returns how many points r has counted.
func (r *Ring) PointCount() int { return r.circle.count }
