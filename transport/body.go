package transport

import (
	"errors"
	"io"
)

const (
	// trustedLength is how much of a length that is told is allocated before bytes have come.
	trustedLength = 1 << 20

	// unknownLength is what is allocated at first for a body of no told length.
	unknownLength = 4 << 10
)

var errTooLong = errors.New("longer than its limit")

// readBody reads all of body, at most limit bytes. length is how long it is said to be, negative if that is not known. The
// buffer grows fourfold, and only as bytes come: a length costs a liar nothing, and a large body is copied once or twice.
func readBody(body io.Reader, length int64, limit int) ([]byte, error) {
	if length > int64(limit) {
		return nil, errTooLong
	}
	end, size := int(length), min(int(length), trustedLength)
	if length < 0 {
		end, size = limit, min(limit, unknownLength)
	}
	b := make([]byte, 0, size)
	for {
		var err error
		b, err = fill(body, b)
		switch {
		case errors.Is(err, io.EOF) && (length < 0 || len(b) == end):
			return b, nil
		case errors.Is(err, io.EOF):
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		case len(b) == end:
			return b, atEnd(body)
		}
		b = append(make([]byte, 0, min(end-len(b), 3*len(b))+len(b)), b...)
	}
}

// fill reads until b is full: io.EOF where body ends at that, or before.
func fill(body io.Reader, b []byte) ([]byte, error) {
	for len(b) < cap(b) {
		n, err := body.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err != nil {
			return b, err
		}
	}
	return b, nil
}

// atEnd fails if body goes on.
func atEnd(body io.Reader) error {
	switch n, err := io.ReadFull(body, make([]byte, 1)); {
	case n > 0:
		return errTooLong
	case err != io.EOF:
		return err
	}
	return nil
}
