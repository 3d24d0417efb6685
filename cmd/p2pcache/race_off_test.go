//go:build !race

package main_test

// raceEnabled: the binary under test is built without the race detector, as the test is.
const raceEnabled = false
