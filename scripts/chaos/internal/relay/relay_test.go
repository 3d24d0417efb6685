package relay_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/relay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo answers each connection and each datagram with itself, on one port.
func echo(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	packets, err := net.ListenPacket("udp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close(); packets.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				io.Copy(conn, conn)
			}()
		}
	}()
	go func() {
		buf := make([]byte, 64<<10)
		for {
			n, from, err := packets.ReadFrom(buf)
			if err != nil {
				return
			}
			packets.WriteTo(buf[:n], from)
		}
	}()
	return listener.Addr().String()
}

func start(t *testing.T, cfg relay.Config) *relay.Relay {
	t.Helper()
	cfg.Listen, cfg.Target, cfg.TCP, cfg.UDP = "127.0.0.1:0", echo(t), true, true
	r, err := relay.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func dial(t *testing.T, network string, r *relay.Relay) net.Conn {
	t.Helper()
	conn, err := net.Dial(network, r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// ask sends text and reports whether it comes back within a while.
func ask(t *testing.T, conn net.Conn, text string, within time.Duration) bool {
	t.Helper()
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return hear(conn, text, within)
}

func hear(conn net.Conn, text string, within time.Duration) bool {
	conn.SetReadDeadline(time.Now().Add(within))
	buf := make([]byte, len(text))
	_, err := io.ReadFull(conn, buf)
	return err == nil && string(buf) == text
}

const (
	soon = 2 * time.Minute // what is to come comes much earlier
	long = 50 * time.Millisecond
)

func TestAllBytesPassUnchangedAndSoDoesTheEnd(t *testing.T) {
	r := start(t, relay.Config{})
	r.Set(relay.Both(relay.Way{Delay: time.Millisecond, Jitter: time.Millisecond}))
	conn := dial(t, "tcp", r).(*net.TCPConn)
	sent := make([]byte, 3<<20)
	for i := range sent {
		sent[i] = byte(rand.Uint32())
	}
	go func() {
		conn.Write(sent)
		conn.CloseWrite()
	}()
	got, err := io.ReadAll(conn)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d bytes of %d came back, %v", len(got), len(sent), err)
	}
}

func TestDatagramsFindTheirSender(t *testing.T) {
	r := start(t, relay.Config{})
	a, b := dial(t, "udp", r), dial(t, "udp", r)
	for range 3 {
		if !ask(t, a, "from a", soon) || !ask(t, b, "from b", soon) {
			t.Fatal("a datagram did not come back to its sender")
		}
	}
}

func TestDelayHoldsEverythingBack(t *testing.T) {
	r := start(t, relay.Config{})
	r.Set(relay.Faults{To: relay.Way{Delay: long}})
	for _, network := range []string{"tcp", "udp"} {
		conn := dial(t, network, r)
		began := time.Now()
		if !ask(t, conn, "hello", soon) || time.Since(began) < long {
			t.Errorf("%s: %v, want %v at least", network, time.Since(began), long)
		}
	}
}

func TestWhatIsCutWaitsOnTCPAndIsLostOnUDP(t *testing.T) {
	for _, cut := range []relay.Faults{{To: relay.Way{Cut: true}}, {From: relay.Way{Cut: true}}} {
		// A relay that had no processor meanwhile reads what was sent during the cut when that is over: then it lasted too short.
		within := long
		for !isCut(t, cut, within) {
			if within *= 10; within > soon {
				t.Fatalf("%+v: what was cut came late, or nothing passes", cut)
			}
		}
	}
}

// isCut cuts for a while, and reports whether a datagram that was sent meanwhile is lost, and a later one is not.
func isCut(t *testing.T, cut relay.Faults, within time.Duration) bool {
	t.Helper()
	r := start(t, relay.Config{})
	stream, packets := dial(t, "tcp", r), dial(t, "udp", r)
	if !ask(t, stream, "before", soon) || !ask(t, packets, "before", soon) {
		t.Fatal("nothing passes")
	}
	r.Set(cut)
	if ask(t, stream, "during", within) || ask(t, packets, "during", within) {
		t.Errorf("%+v: something passes", cut)
	}
	r.Set(relay.Faults{})
	if !hear(stream, "during", soon) {
		t.Errorf("%+v: what waited did not pass", cut)
	}
	return ask(t, packets, "after", soon)
}

func TestLossTakesDatagramsAndDelaysStreams(t *testing.T) {
	r := start(t, relay.Config{})
	r.Set(relay.Faults{To: relay.Way{Loss: 1}})
	if ask(t, dial(t, "udp", r), "lost", long) {
		t.Error("a datagram passed")
	}
	if !ask(t, dial(t, "tcp", r), "sent again", soon) {
		t.Error("a stream did not pass")
	}
}

func TestBandwidthHoldsBack(t *testing.T) {
	r := start(t, relay.Config{})
	r.Set(relay.Faults{To: relay.Way{Bandwidth: 100_000}})
	began := time.Now()
	conn := dial(t, "tcp", r)
	text := string(make([]byte, 20_000))
	if !ask(t, conn, text, soon) || time.Since(began) < 200*time.Millisecond {
		t.Errorf("20 kB at 100 kB/s took %v", time.Since(began))
	}
}

func TestClientsAreToldApart(t *testing.T) {
	first := make(chan netip.AddrPort, 1)
	r := start(t, relay.Config{Identify: func(_ string, from netip.AddrPort) (int, bool) {
		known := <-first
		first <- known
		return 1, from == known
	}})
	a, b := dial(t, "udp", r), dial(t, "udp", r)
	first <- a.LocalAddr().(*net.UDPAddr).AddrPort()
	r.SetFor(1, relay.Both(relay.Way{Cut: true}))
	if ask(t, a, "a", long) || !ask(t, b, "b", soon) {
		t.Error("the faults of one client befell the other")
	}
	r.Set(relay.Faults{})
	if !ask(t, a, "again", soon) {
		t.Error("Set left the faults of a client")
	}
}

func TestFaultsThatMakeNoSenseAreRefused(t *testing.T) {
	for _, w := range []relay.Way{{Delay: -1}, {Jitter: -1}, {Loss: 1.1}, {Loss: -0.1}, {Bandwidth: -1}} {
		if relay.Both(w).Validate() == nil {
			t.Errorf("%+v was accepted", w)
		}
	}
	if _, err := relay.Start(relay.Config{Listen: "127.0.0.1:0", Target: "127.0.0.1:1"}); err == nil {
		t.Error("a relay of nothing was started")
	}
}

func TestATargetThatIsNotThereEndsTheConnection(t *testing.T) {
	r, err := relay.Start(relay.Config{Listen: "127.0.0.1:0", Target: "127.0.0.1:1", TCP: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	conn, err := net.Dial("tcp", r.Addr().String())
	if err != nil {
		return // it was ended at once
	}
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(soon))
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("something was read")
	}
}
