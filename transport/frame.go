package transport

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// kind says what a frame carries. Those that a reader does not know are skipped.
type kind byte

// The kinds of frames. Their numbers are part of the protocol.
const (
	kindRequest kind = 1 + iota // a message Request
	kindReply                   // a message Reply
	kindCancel                  // a Signal: nobody waits for that request any more
	kindPing                    // a Signal, to be sent back as it came
	kindPong                    // a Signal
	kindProof                   // a Proof: the client's
	kindGoAway                  // nothing: send no more requests on this session
	kindLarge                   // nothing: a reply waits for a lane for large frames
)

const (
	// headBytes is a frame's length, in four bytes, big-endian, and its kind. The length counts the kind and the message.
	headBytes = 5

	// maxSmall bounds the frames on the lane for small ones, and so the time that one stands before others.
	maxSmall = 64 << 10

	// largeFrom is the length of a value from which on it is sent on a lane for large ones.
	largeFrom = 32 << 10

	// maxHead bounds the group and key of a request in a frame. A longer one goes as plain HTTP.
	maxHead = 16 << 10

	// maxPrefix is the part of a large frame in which its value must have begun.
	maxPrefix = 24 << 10

	// firstBuffer is what a lane reads into at first. It grows where more comes at once.
	firstBuffer = 4 << 10
)

// beginFrame appends the head of a frame, whose length endFrame fills in.
func beginFrame(b []byte, k kind) []byte { return append(b, 0, 0, 0, 0, byte(k)) }

// endFrame completes the frame that begins at start, of which more bytes follow those in b.
func endFrame(b []byte, start, more int) []byte {
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-headBytes+1+more))
	return b
}

// frameReader reads frames from a connection.
type frameReader struct {
	conn io.Reader
	max  int // how much of a frame it reads by itself
	buf  []byte
	next int // of buf, where the next frame begins
	end  int // of buf, to which it is filled
}

// newFrameReader returns a reader of frames that reads up to limit bytes of each by itself. Early bytes came before it was made.
func newFrameReader(conn io.Reader, limit int, early []byte) *frameReader {
	r := &frameReader{conn: conn, max: limit, buf: make([]byte, max(firstBuffer, len(early)))}
	r.end = copy(r.buf, early)
	return r
}

// buffered reports whether a whole frame is there already.
func (r *frameReader) buffered() bool {
	have := r.end - r.next
	return have >= headBytes && uint64(have) >= 4+uint64(binary.BigEndian.Uint32(r.buf[r.next:]))
}

// frame is one frame, or its beginning.
type frame struct {
	kind    kind
	message []byte // valid until the next frame is read
	rest    int    // of the message, in bytes, that the reader has not read yet
}

// read returns the next frame. Of one that is longer than the reader's limit it reads the beginning, and its caller must take
// the rest from the connection.
func (r *frameReader) read() (frame, error) {
	if err := r.fill(headBytes); err != nil {
		return frame{}, err
	}
	head := r.buf[r.next:]
	length := binary.BigEndian.Uint32(head)
	if length == 0 || length > math.MaxInt32 {
		return frame{}, fmt.Errorf("a frame of %d bytes", length)
	}
	k, total := kind(head[4]), int(length)-1
	inside := min(total, r.max-headBytes)
	if err := r.fill(headBytes + inside); err != nil {
		return frame{}, unexpected(err)
	}
	start := r.next + headBytes
	r.next = start + inside
	return frame{kind: k, message: r.buf[start:r.next], rest: total - inside}, nil
}

// small returns the next frame of a lane for small ones.
func (r *frameReader) small() (frame, error) {
	f, err := r.read()
	if err == nil && f.rest > 0 {
		return frame{}, fmt.Errorf("a frame of %d bytes where %d are allowed", len(f.message)+f.rest+headBytes, r.max)
	}
	return f, err
}

// fill reads until n bytes of the next frame are there, and what comes with them.
func (r *frameReader) fill(n int) error {
	if r.end-r.next >= n {
		return nil
	}
	r.makeRoom(n)
	for r.end-r.next < n {
		got, err := r.conn.Read(r.buf[r.end:])
		if got == 0 && err != nil {
			if r.end > r.next {
				err = unexpected(err)
			}
			return err
		}
		r.end += got
	}
	return nil
}

// makeRoom moves the beginning of a frame to the buffer's, and has the buffer grow where it was full.
func (r *frameReader) makeRoom(n int) {
	full := r.end == len(r.buf)
	kept := r.buf[r.next:r.end]
	if size := len(r.buf); n > size || full && size < r.max {
		for size < n || full && size == len(r.buf) {
			size *= 4
		}
		r.buf = make([]byte, min(size, r.max))
	}
	r.next, r.end = 0, copy(r.buf, kept)
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
