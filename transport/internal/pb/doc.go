// Package pb holds the generated messages of the /_gocache/ protocol.
package pb

//go:generate protoc --go_out=. --go_opt=paths=source_relative gocache.proto
