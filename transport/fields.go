package transport

import (
	"net/http"
	"strconv"
)

// fieldName is the name of a header field of a reply with a value.
type fieldName uint8

const (
	fieldType fieldName = iota
	fieldTTL
	fieldQPS
	fieldVersion
	fieldOptions
	fieldVary
	fieldCacheControl
	fieldCacheStatus
	fieldETag
	fieldLength
	numFields
)

var fieldNames = [numFields]string{
	fieldType: "Content-Type", fieldTTL: headerTTL, fieldQPS: headerQPS, fieldVersion: headerVersion,
	fieldOptions: "X-Content-Type-Options", fieldVary: "Vary", fieldCacheControl: "Cache-Control", fieldCacheStatus: "Cache-Status",
	fieldETag: "Etag", fieldLength: "Content-Length",
}

// usualFields is the length of most replies' fields, without their names.
const usualFields = 192

// fields are header fields of a reply, set by two allocations together.
type fields struct {
	names [numFields]fieldName
	ends  [numFields]int // of the values in text
	count int
	text  []byte // the values, one after the other
}

// begin begins a field, whose value is what is appended to text until the next one. No field comes twice.
func (f *fields) begin(name fieldName) {
	if f.text == nil {
		f.text = make([]byte, 0, usualFields)
	}
	f.end()
	f.names[f.count] = name
	f.count++
}

func (f *fields) end() {
	if f.count > 0 {
		f.ends[f.count-1] = len(f.text)
	}
}

func (f *fields) set(name fieldName, value string) {
	f.begin(name)
	f.text = append(f.text, value...)
}

func (f *fields) setNumber(name fieldName, n uint64) {
	f.begin(name)
	f.text = strconv.AppendUint(f.text, n, 10)
}

// addTo puts the fields into h.
func (f *fields) addTo(h http.Header) {
	f.end()
	text, values := string(f.text), make([]string, f.count)
	start := 0
	for i, end := range f.ends[:f.count] {
		values[i] = text[start:end]
		h[fieldNames[f.names[i]]] = values[i : i+1 : i+1]
		start = end
	}
}

// appendLines appends the fields as lines of a header.
func (f *fields) appendLines(b []byte) []byte {
	f.end()
	start := 0
	for i, end := range f.ends[:f.count] {
		b = append(append(b, fieldNames[f.names[i]]...), ": "...)
		b = append(append(b, f.text[start:end]...), lineEnd...)
		start = end
	}
	return b
}

// quote is s as a string of RFC 8941, which has only printable ASCII.
func quote(s string) string { return string(appendQuoted(nil, s)) }

func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~':
			b = append(b, '?')
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
