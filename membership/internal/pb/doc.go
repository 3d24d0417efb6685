// Package pb holds the wire form of a member's metadata, generated from meta.proto.
package pb

//go:generate protoc --go_out=. --go_opt=paths=source_relative meta.proto
