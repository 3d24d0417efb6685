package load

// Change replaces a key's value as a writer does, and reports whether that was confirmed.
func (l *Load) Change(to Target, i int, set bool) bool { return l.change(to, i, set) }
