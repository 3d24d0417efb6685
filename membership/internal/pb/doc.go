// Package pb holds what members tell each other, in its wire form.
package pb

//go:generate protoc --go_out=. --go_opt=paths=source_relative meta.proto news.proto
