package transport

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

const (
	// MaxKeys is how many keys a GetMany may ask for.
	MaxKeys = 1024

	// maxKeysBytes bounds the message that names them.
	maxKeysBytes = 4 << 20

	// maxManyBytes bounds the values in the reply to a GetMany, but for a first one that alone is longer.
	maxManyBytes = 16 << 20

	// itemBytes is what an item of a reply may take beside its value.
	itemBytes = maxErrorText + 128
)

// listItem is the field of both Keys and Replies.
const listItem = 1<<3 | counted

var errTooManyKeys = fmt.Errorf("more than %d keys", MaxKeys)

// appendKeys appends a message Keys.
func appendKeys(b []byte, keys []string) []byte {
	length := 0
	for _, key := range keys {
		length += protowire.SizeVarint(uint64(listItem)) + protowire.SizeBytes(len(key))
	}
	b = slices.Grow(b, length)
	for _, key := range keys {
		b = protowire.AppendString(protowire.AppendVarint(b, uint64(listItem)), key)
	}
	return b
}

// parseKeys reads a message Keys.
func parseKeys(b []byte) ([]string, error) {
	var keys []string
	all := string(b) // that keys are parts of
	for len(b) > 0 {
		f, rest, err := nextField(b)
		switch {
		case err != nil:
			return nil, fmt.Errorf("the keys: %w", err)
		case f.tag == listItem && len(keys) == MaxKeys:
			return nil, errTooManyKeys
		case f.tag == listItem:
			end := len(all) - len(rest)
			keys = append(keys, all[end-len(f.bytes):end])
		}
		b = rest
	}
	if len(keys) == 0 {
		return nil, errors.New("no keys")
	}
	return keys, nil
}

// appendReplies appends a message Replies.
func appendReplies(b []byte, items []Response, peer bool) []byte {
	const around = 48 // what most items take beside their values
	length := 0
	for i := range items {
		length += len(items[i].Value) + around
	}
	b = slices.Grow(b, length)
	for i := range items {
		start := len(b)
		b = appendReply(b, &items[i], peer)
		var head [2 * binary.MaxVarintLen64]byte
		length := protowire.AppendVarint(protowire.AppendVarint(head[:0], uint64(listItem)), uint64(len(b)-start))
		b = slices.Insert(b, start, length...)
	}
	return b
}

// parseReplies reads a message Replies to want keys. The values are parts of b.
func parseReplies(b []byte, want int) ([]Response, error) {
	items := make([]Response, 0, want)
	for len(b) > 0 {
		f, rest, err := nextField(b)
		if err != nil {
			return nil, err
		}
		b = rest
		if f.tag != listItem {
			continue
		}
		item, err := parseReply(f.bytes)
		if err != nil {
			return nil, err
		}
		if items = append(items, item); len(items) > want {
			break
		}
	}
	if len(items) != want {
		return nil, fmt.Errorf("the reply has not one item for each of %d keys", want)
	}
	return items, nil
}

// bounded omits values from a reply that would grow too long. Whoever asked may ask for each by itself.
func bounded(items []Response) []Response {
	total := 0
	for i := range items {
		total += len(items[i].Value)
		if total > maxManyBytes && i > 0 {
			total -= len(items[i].Value)
			items[i] = Response{Code: Omitted, Text: "the reply would grow too long: ask for this key by itself"}
		}
	}
	return items
}

// maxReplies bounds the message Replies that a Client accepts to r.
func maxReplies(r Request) int { return replyLimit(r) + len(r.Keys)*itemBytes }
