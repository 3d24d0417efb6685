package origin

import (
	"bytes"
	"fmt"
	"io"

	"github.com/p2pcache/p2pcache/node"
)

// mostTrusted is how many bytes of an announced size are allocated before they have arrived.
const mostTrusted = 1 << 20

// readBounded reads all of r, which announces size bytes (negative where it announces none), and fails with
// node.ErrTooLarge where that is more than limit.
func readBounded(r io.Reader, size int64, limit int) ([]byte, error) {
	if size > int64(limit) {
		return nil, tooLarge(limit)
	}
	var b bytes.Buffer
	// Room for one read beyond the end, so that finding the end does not grow the buffer.
	b.Grow(int(min(max(size, 0), mostTrusted)) + bytes.MinRead)
	if _, err := b.ReadFrom(io.LimitReader(r, int64(limit)+1)); err != nil {
		return nil, err
	}
	if b.Len() > limit {
		return nil, tooLarge(limit)
	}
	return b.Bytes(), nil
}

func tooLarge(limit int) error {
	return fmt.Errorf("%w: the origin's value is over the group's max-value of %d bytes", node.ErrTooLarge, limit)
}
