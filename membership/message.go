package membership

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The types of messages in memberlist's protocol, each a message's first byte. A label, if there is one, and encryption
// go around them.
const (
	pingMessage         = 0
	indirectPingMessage = 1
	ackMessage          = 2
	suspectMessage      = 3
	aliveMessage        = 4
	deadMessage         = 5
	pushPullMessage     = 6
	compoundMessage     = 7
	userMessage         = 8
	compressedMessage   = 9
	encryptedMessage    = 10
	nackMessage         = 11
	crcMessage          = 12
	errorMessage        = 13
	labelMark           = 244
)

// crcBytes is the length of a checksum with its message type.
const crcBytes = 5

var (
	errEmpty      = errors.New("it is empty")
	errCompressed = errors.New("it is compressed, which no member does: it might be vast when it is not")
	errMalformed  = errors.New("it is malformed")
)

// checkPacket tells why no member would have sent a packet that is, without label and encryption, b.
func checkPacket(b []byte) error {
	if len(b) >= crcBytes && b[0] == crcMessage {
		b = b[crcBytes:]
	}
	if len(b) == 0 || b[0] != compoundMessage {
		return checkMessage(b)
	}
	return eachPart(b[1:], checkMessage)
}

// checkMessage tells why a message is none that stands in a packet by itself, or in a compound one. A compound one in
// another, which no member makes, could hold thousands.
func checkMessage(b []byte) error {
	if len(b) == 0 {
		return errEmpty
	}
	switch b[0] {
	case userMessage:
		return nil
	case pingMessage, indirectPingMessage, ackMessage, nackMessage, suspectMessage, aliveMessage, deadMessage:
		return checkMap(b[1:])
	case compressedMessage:
		return errCompressed
	}
	return fmt.Errorf("its type is %d", b[0])
}

// checkMap tells whether b begins as MessagePack's maps of up to 15 fields do. What else is wrong with them, memberlist
// finds out.
func checkMap(b []byte) error {
	if len(b) == 0 || b[0]&0xf0 != 0x80 {
		return errMalformed
	}
	return nil
}

// eachPart calls check with the parts of a compound message: their count in a byte, their lengths in two bytes each, and
// then the parts.
func eachPart(b []byte, check func([]byte) error) error {
	if len(b) == 0 || len(b) < 1+2*int(b[0]) {
		return errMalformed
	}
	lengths, parts := b[1:1+2*int(b[0])], b[1+2*int(b[0]):]
	for ; len(lengths) > 0; lengths = lengths[2:] {
		n := int(binary.BigEndian.Uint16(lengths))
		if n > len(parts) {
			return errMalformed
		}
		if err := check(parts[:n]); err != nil {
			return err
		}
		parts = parts[n:]
	}
	return nil
}
