package transport

import (
	"mime"
	"strings"
)

// acceptsProtobuf reports whether an Accept header names protobuf. A wildcard does not: raw bytes are the default.
func acceptsProtobuf(accept []string) bool {
	for _, line := range accept {
		for part := range strings.SplitSeq(line, ",") {
			name, params, err := mime.ParseMediaType(part)
			if err == nil && name == typeProtobuf && !zero(params["q"]) {
				return true
			}
		}
	}
	return false
}

// zero reports whether a quality is there and none: 0 to 0.000.
func zero(q string) bool { return q != "" && strings.Trim(q, "0.") == "" }
