package membership

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/hashicorp/go-msgpack/v2/codec"
	"github.com/hashicorp/memberlist"
)

const (
	// memberBytes is the most that a member takes in an exchange, in all its fields.
	memberBytes = 1 << 10

	// newsBytes is the most that news take in an exchange, with all epochs there can be.
	newsBytes = 2 << 20
)

var (
	errEncrypted   = errors.New("it is encrypted, and this member has no key")
	errUnencrypted = errors.New("it is not encrypted")
	errWrongKey    = errors.New("no key of this member decrypts it")
)

// gate stands before memberlist and lets through what a member of this cluster may have sent: of its label, encrypted with
// one of its keys, and not made to take much memory. It tells strangers apart in the first place; memberlist, which
// checks label and key as well, tells of them in log lines alone.
type gate struct {
	label      string
	keys       *keyring
	maxMembers int // of an exchange
}

// packet tells why a packet is a stranger's.
func (g *gate) packet(b []byte) error {
	body, label, err := memberlist.RemoveLabelHeaderFromPacket(b)
	if err != nil {
		return errMalformed
	}
	if label != g.label {
		return wrongLabel(label)
	}
	plain := body
	if g.keys.isOn() {
		if plain, err = g.keys.open(body, []byte(label)); err != nil {
			return err
		}
	}
	return checkPacket(plain)
}

func wrongLabel(label string) error { return fmt.Errorf("its label is %q", label) }

// stream reads the head of a stream, or all of it if it is encrypted, and returns a reader that starts over. The error
// tells why the stream is a stranger's, or wraps that of reading it.
func (g *gate) stream(r io.Reader, incoming bool) (io.Reader, error) {
	var seen bytes.Buffer
	limited := io.LimitReader(r, g.maxStreamBytes())
	head := io.TeeReader(limited, &seen)
	kind, err := g.streamKind(head, incoming)
	if err != nil {
		return nil, err
	}
	if err := g.message(head, kind); err != nil {
		return nil, err
	}
	return io.MultiReader(&seen, limited), nil
}

func (g *gate) maxStreamBytes() int64 { return int64(g.maxMembers)*memberBytes + newsBytes }

// streamKind reads the label, which streams that others opened begin with, and the type of the message.
func (g *gate) streamKind(r io.Reader, incoming bool) (byte, error) {
	kind, err := readByte(r)
	if err != nil || !incoming {
		return kind, err
	}
	if kind != labelMark {
		return 0, wrongLabel("")
	}
	length, err := readByte(r)
	if err != nil {
		return 0, err
	}
	label := make([]byte, length)
	if _, err := io.ReadFull(r, label); err != nil {
		return 0, err
	}
	if string(label) != g.label {
		return 0, wrongLabel(string(label))
	}
	return readByte(r)
}

// message checks a message of that type.
func (g *gate) message(r io.Reader, kind byte) error {
	switch {
	case kind == encryptedMessage && !g.keys.isOn():
		return errEncrypted
	case kind == encryptedMessage:
		plain, err := g.decrypted(r)
		if err != nil {
			return err
		}
		return g.plainMessage(bytes.NewReader(plain[1:]), plain[0])
	case g.keys.isOn():
		return errUnencrypted
	}
	return g.plainMessage(r, kind)
}

// decrypted reads an encrypted message: four bytes of length, and so many bytes. It is not empty.
func (g *gate) decrypted(r io.Reader) ([]byte, error) {
	head := [5]byte{encryptedMessage}
	if _, err := io.ReadFull(r, head[1:]); err != nil {
		return nil, err
	}
	length := int64(binary.BigEndian.Uint32(head[1:]))
	if length > g.maxStreamBytes() {
		return nil, fmt.Errorf("it is %d bytes long", length)
	}
	var sealed bytes.Buffer // grows as bytes come in, not as announced
	if _, err := io.CopyN(&sealed, r, length); err != nil {
		return nil, err
	}
	plain, err := g.keys.open(sealed.Bytes(), append(head[:], g.label...))
	if err == nil && len(plain) == 0 {
		err = errEmpty
	}
	return plain, err
}

// plainMessage checks a message that is not encrypted, or was.
func (g *gate) plainMessage(r io.Reader, kind byte) error {
	switch kind {
	case pingMessage, ackMessage, errorMessage:
		return nil
	case pushPullMessage:
		return g.exchange(r)
	case compressedMessage:
		return errCompressed
	}
	return fmt.Errorf("its type is %d", kind)
}

// exchange checks the head of an exchange, which memberlist takes memory by before the rest has come.
func (g *gate) exchange(r io.Reader) error {
	var head struct{ Nodes, UserStateLen int }
	if err := codec.NewDecoder(r, &codec.MsgpackHandle{}).Decode(&head); err != nil {
		var netErr net.Error
		if errors.As(err, &netErr) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		return errMalformed
	}
	if head.Nodes < 0 || head.Nodes > 2*g.maxMembers { // twice: those that went are in it for a while
		return fmt.Errorf("it tells of %d members", head.Nodes)
	}
	if head.UserStateLen < 0 || head.UserStateLen > newsBytes {
		return fmt.Errorf("its news take %d bytes", head.UserStateLen)
	}
	return nil
}

func readByte(r io.Reader) (byte, error) {
	var b [1]byte
	_, err := io.ReadFull(r, b[:])
	return b[0], err
}
