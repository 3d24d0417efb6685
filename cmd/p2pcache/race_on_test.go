//go:build race

package main_test

// raceEnabled: the binary under test is built with the race detector, as the test is.
const raceEnabled = true
