//go:build linux

package crowd

import (
	"encoding/binary"
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

var errNoStamp = errors.New("the kernel did not say when it came")

// stamp returns the kernel's stamp among the control messages of a receive.
func stamp(control []byte) (time.Time, error) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return time.Time{}, err
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SCM_TIMESTAMPNS {
			var at unix.Timespec
			if _, err := binary.Decode(m.Data, binary.NativeEndian, &at); err != nil {
				return time.Time{}, err
			}
			return time.Unix(at.Unix()), nil
		}
	}
	return time.Time{}, errNoStamp
}
