package membership_test

import (
	"bytes"
	"compress/lzw"
	"encoding/binary"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/hashicorp/go-msgpack/v2/codec"

	"github.com/p2pcache/p2pcache/membership"
)

// msgpack encodes a message of memberlist's: its type and a map.
func msgpack(t testing.TB, kind byte, v any) []byte {
	t.Helper()
	b := bytes.NewBuffer([]byte{kind})
	if err := codec.NewEncoder(b, &codec.MsgpackHandle{}).Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func compound(parts ...[]byte) []byte {
	b := []byte{7, byte(len(parts))}
	for _, p := range parts {
		b = binary.BigEndian.AppendUint16(b, uint16(len(p)))
	}
	return append(b, bytes.Join(parts, nil)...)
}

// compressed is a message that takes size bytes once it is decompressed.
func compressed(t testing.TB, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := lzw.NewWriter(&b, lzw.LSB, 8)
	if _, err := w.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return msgpack(t, 9, map[string]any{"Algo": 0, "Buf": b.Bytes()})
}

func exchange(t testing.TB, nodes, news int) []byte {
	return msgpack(t, 6, map[string]any{"Nodes": nodes, "UserStateLen": news, "Join": true})
}

const label = "\xf4\x08p2pcache"

func TestTheGateTellsStrangersPackets(t *testing.T) {
	ping := msgpack(t, 0, map[string]any{"SeqNo": 1, "Node": "a"})
	sealed := append([]byte{1}, make([]byte, 60)...)
	open, keyed := membership.NewGate("p2pcache", nil, 10), membership.NewGate("p2pcache", key(1), 10)
	for name, test := range map[string]struct {
		gate   membership.Gate
		packet []byte
		says   string // nothing: it passes
	}{
		"a ping":                        {open, ping, ""},
		"several messages":              {open, compound(ping, []byte("\x08news"), ping), ""},
		"a checksum before":             {open, append([]byte{12, 0, 0, 0, 0}, ping...), ""},
		"nothing":                       {open, nil, "empty"},
		"of no type":                    {open, []byte{99}, "type is 99"},
		"of a stream's type":            {open, exchange(t, 1, 0), "type is 6"},
		"compressed":                    {open, compressed(t, 1<<20), "compressed"},
		"compressed beside others":      {open, compound(ping, compressed(t, 9)), "compressed"},
		"compressed after a checksum":   {open, append([]byte{12, 0, 0, 0, 0}, compressed(t, 9)...), "compressed"},
		"several in several":            {open, compound(compound(ping)), "type is 7"},
		"fewer than it says":            {open, []byte{7, 3, 0, 1}, "malformed"},
		"shorter than it says":          {open, []byte{7, 1, 0, 9, 0}, "malformed"},
		"no map":                        {open, []byte{0, 1, 2}, "malformed"},
		"encrypted, and there's no key": {open, sealed, "malformed"},
		"of another key":                {keyed, sealed, "decrypts"},
		"not encrypted":                 {keyed, ping, "not encrypted"},
	} {
		err := test.gate.Packet(append([]byte(label), test.packet...))
		if test.says == "" && err != nil || test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
			t.Errorf("%s: %v, want it to say %q", name, err, test.says)
		}
	}
	for name, packet := range map[string]string{"another": "\xf4\x05other", "none": "", "cut": "\xf4\x09", "empty": "\xf4\x00"} {
		if err := open.Packet(append([]byte(packet), ping...)); err == nil && name != "cut" {
			t.Errorf("label %s: it passes", name)
		}
	}
}

func TestTheGateTellsStrangersStreams(t *testing.T) {
	open, keyed := membership.NewGate("p2pcache", nil, 10), membership.NewGate("p2pcache", key(1), 10)
	sealed := []byte{10, 0, 0, 0, 61, 1}
	for name, test := range map[string]struct {
		gate   membership.Gate
		stream string
		says   string // nothing: it passes
	}{
		"an exchange":           {open, label + string(exchange(t, 20, 1<<20)) + "and so on", ""},
		"a ping":                {open, label + "\x00...", ""},
		"too many members":      {open, label + string(exchange(t, 21, 0)), "tells of 21 members"},
		"fewer than no members": {open, label + string(exchange(t, -1, 0)), "tells of -1 members"},
		"too much news":         {open, label + string(exchange(t, 1, 1<<22)), "news take"},
		"compressed":            {open, label + string(compressed(t, 9)), "compressed"},
		"a message of our own":  {open, label + "\x08...", "type is 8"},
		"no map":                {open, label + "\x06\xc1", "malformed"},
		"no label":              {open, "\x00", "label is \"\""},
		"another label":         {open, "\xf4\x01x\x00", "label is \"x\""},
		"encrypted":             {open, label + "\x0a", "no key"},
		"not encrypted":         {keyed, label + "\x00", "not encrypted"},
		"of another key":        {keyed, label + string(sealed) + strings.Repeat("x", 60), "decrypts"},
		"encrypted and vast":    {keyed, label + "\x0a\xff\xff\xff\xff", "bytes long"},
	} {
		r, err := test.gate.Stream(strings.NewReader(test.stream))
		if test.says != "" {
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %v, want it to say %q", name, err, test.says)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got, err := io.ReadAll(r); err != nil || string(got) != test.stream {
			t.Errorf("%s: comes through as %q, %v", name, got, err)
		}
	}
}

func TestAStreamComesThroughTheGateUpToItsLimit(t *testing.T) {
	gate := membership.NewGate("p2pcache", nil, 10)
	endless := io.MultiReader(strings.NewReader(label+string(exchange(t, 20, 0))), zeros{})
	r, err := gate.Stream(endless)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, r); err != nil || n > 10<<10+2<<20 {
		t.Errorf("%d bytes came through, %v", n, err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

func FuzzGate(f *testing.F) {
	f.Add([]byte(label + "\x00\x81\xa5SeqNo\x01"))
	f.Add([]byte(label + "\x07\x01\x00\x01\x08"))
	f.Add([]byte(label + "\x06\x83\xa5Nodes\x01"))
	f.Add([]byte(label + "\x0a\x00\x00\x00\x40\x01"))
	gates := []membership.Gate{membership.NewGate("p2pcache", nil, 4), membership.NewGate("p2pcache", key(1), 4)}
	f.Fuzz(func(t *testing.T, b []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for _, gate := range gates {
			_ = gate.Packet(bytes.Clone(b))
			if r, err := gate.Stream(bytes.NewReader(b)); err == nil {
				if got, _ := io.ReadAll(r); !bytes.Equal(got, b) {
					t.Errorf("%q came through as %q", b, got)
				}
			}
		}
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
			t.Errorf("%d bytes were taken for %d", took, len(b))
		}
	})
}

func BenchmarkGatePacket(b *testing.B) {
	ping := append([]byte(label), msgpack(b, 0, map[string]any{"SeqNo": 1, "Node": "a"})...)
	gate := membership.NewGate("p2pcache", nil, 10)
	b.ReportAllocs()
	for b.Loop() {
		if err := gate.Packet(ping); err != nil {
			b.Fatal(err)
		}
	}
}
