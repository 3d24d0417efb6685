package truth

import (
	"bytes"
	"fmt"
	"strconv"
)

// Value returns the bytes of a version of key i: its key and version in text, and then bytes that follow from both, so that
// a value that is cut short, mixed up or another key's is noticed.
func (t *Truth) Value(i int, version uint64) []byte {
	value := make([]byte, 0, t.size+48)
	value = append(value, Key(i)...)
	value = append(value, ' ')
	value = strconv.AppendUint(value, version, 10)
	value = append(value, ' ')
	state := uint64(i)<<32 ^ version ^ 0x9e3779b97f4a7c15
	for len(value) < t.size {
		state ^= state << 13 // xorshift64
		state ^= state >> 7
		state ^= state << 17
		value = append(value, 'a'+byte(state%26))
	}
	return value
}

// Version returns the version of a value, which must be one of key i.
func (t *Truth) Version(i int, value []byte) (uint64, error) {
	fields := bytes.SplitN(value, []byte(" "), 3)
	if len(fields) != 3 || string(fields[0]) != Key(i) {
		return 0, fmt.Errorf("%.60q is no value of key %s", value, Key(i))
	}
	version, err := strconv.ParseUint(string(fields[1]), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%.60q has no version", value)
	}
	if !bytes.Equal(value, t.Value(i, version)) {
		return 0, fmt.Errorf("value of %d bytes of key %s, version %d, was changed", len(value), Key(i), version)
	}
	return version, nil
}

// Question is a read of a key that began at a moment.
type Question struct {
	truth  *Truth
	key    int
	oldest uint64
}

// Ask begins a read of key i.
func (t *Truth) Ask(i int) Question { return Question{truth: t, key: i, oldest: t.Oldest(i)} }

// Judge returns what is wrong with an answer that has come now; nil if it may be true.
func (q Question) Judge(value []byte) error {
	version, err := q.truth.Version(q.key, value)
	switch newest := q.truth.Newest(q.key); {
	case err != nil:
		return err
	case version < q.oldest:
		return fmt.Errorf("key %s: version %d was answered, and nothing below %d may be", Key(q.key), version, q.oldest)
	case version > newest:
		return fmt.Errorf("key %s: version %d was answered, and %d is the newest there is", Key(q.key), version, newest)
	}
	return nil
}
