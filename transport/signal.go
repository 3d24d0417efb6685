package transport

// signalNumber is the field of the message Signal.
const signalNumber = 1<<3 | varint

// appendSignal appends a frame with a message Signal, which is empty for 0.
func appendSignal(b []byte, k kind, number uint64) []byte {
	start := len(b)
	return endFrame(appendNumber(beginFrame(b, k), signalNumber, number), start, 0)
}

// parseSignal reads a message Signal.
func parseSignal(b []byte) (number uint64, err error) {
	for len(b) > 0 {
		f, rest, err := nextField(b)
		if err != nil {
			return 0, err
		}
		if f.tag == signalNumber {
			number = f.number
		}
		b = rest
	}
	return number, nil
}
