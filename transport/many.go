package transport

import (
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

// keysLength is the length of a message Keys.
func keysLength(keys []string) int {
	length := 0
	for _, key := range keys {
		length += protowire.SizeVarint(uint64(listItem)) + protowire.SizeBytes(len(key))
	}
	return length
}

// appendKeys appends a message Keys.
func appendKeys(b []byte, keys []string) []byte {
	for _, key := range keys {
		b = protowire.AppendString(protowire.AppendVarint(b, uint64(listItem)), key)
	}
	return b
}

// parseKeys reads a message Keys.
func parseKeys(b []byte) ([]string, error) { return cutKeys(nil, b, string(b), MaxKeys) }

// cutKeys appends the keys that a message names, at most so many. They are parts of all, which is the message as a string.
func cutKeys(keys []string, b []byte, all string, most int) ([]string, error) {
	for len(b) > 0 {
		f, rest, err := nextField(b)
		switch {
		case err != nil:
			return nil, fmt.Errorf("the keys: %w", err)
		case f.tag == listItem && len(keys) == most:
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
	var few [around]byte
	for i := range items {
		head := appendLength(appendReplyHead(few[:0], &items[i], peer), replyValue, len(items[i].Value))
		b = protowire.AppendVarint(protowire.AppendVarint(b, uint64(listItem)), uint64(len(head)+len(items[i].Value)))
		b = append(append(b, head...), items[i].Value...)
	}
	return b
}

// parseReplies reads a message Replies to want keys into items, if they have room for it. The values are parts of b.
func parseReplies(b []byte, want int, items []Response) ([]Response, error) {
	items = slices.Grow(items[:0], want)
	for len(b) > 0 {
		f, rest, err := nextField(b)
		if err != nil {
			return nil, err
		}
		b = rest
		if f.tag != listItem {
			continue
		}
		if len(items) == want {
			return nil, itemsMissing(want)
		}
		items = items[:len(items)+1]
		if err := items[len(items)-1].parse(f.bytes); err != nil {
			return nil, err
		}
	}
	if len(items) != want {
		return nil, itemsMissing(want)
	}
	return items, nil
}

func itemsMissing(want int) error {
	return fmt.Errorf("the reply has not one item for each of %d keys", want)
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
