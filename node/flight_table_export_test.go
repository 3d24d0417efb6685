package node

// FlightTable is a flightTable of flights that are known by number.
type FlightTable struct {
	table   flightTable
	flights map[*flight]int
}

// Put adds a flight of a key, and returns its number.
func (t *FlightTable) Put(hash uint64, key string) int {
	if t.flights == nil {
		t.flights = make(map[*flight]int)
	}
	f := &flight{hash: hash, key: key}
	t.flights[f] = len(t.flights) + 1
	t.table.put(f)
	return t.flights[f]
}

// Find returns the number of the flight of a key; 0 if there is none.
func (t *FlightTable) Find(hash uint64, key string) int { return t.flights[t.table.find(hash, key)] }

// Remove takes out the flight of a number, and reports whether it was in.
func (t *FlightTable) Remove(number int) bool {
	for f, n := range t.flights {
		if n == number {
			return t.table.remove(f)
		}
	}
	return false
}

// Clear takes out all.
func (t *FlightTable) Clear() { t.table.clear() }

// Len is how many there are.
func (t *FlightTable) Len() int { return t.table.count }
