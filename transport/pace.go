package transport

import (
	"io"
	"net"
	"net/http"
	"time"
)

const (
	// bodyGrace is how long a body may take that comes slowly, and bodyRate, in bytes per second, how fast one must come that takes
	// longer, up to mostBodyTime: who sends a byte now and then must not hold a connection for long, and a large value may come
	// over a thin line.
	bodyGrace    = 5 * time.Second
	bodyRate     = 64 << 10
	mostBodyTime = 5 * time.Minute
)

// pacedBody is a request's body that must come at bodyRate.
type pacedBody struct {
	body    io.Reader
	control *http.ResponseController
	began   time.Time
	got     int64
}

// pace is body as one that must come at bodyRate. One that is empty has come: net/http waits for the next request already.
func pace(w http.ResponseWriter, body io.ReadCloser) io.Reader {
	if body == http.NoBody {
		return body
	}
	return &pacedBody{body: body, control: http.NewResponseController(w), began: time.Now()}
}

// Read implements io.Reader.
func (p *pacedBody) Read(b []byte) (int, error) {
	// A ResponseWriter that cannot do it belongs to somebody else's server, with limits of its own.
	_ = p.control.SetReadDeadline(p.began.Add(timeAfter(bodyGrace, p.got)))
	n, err := p.body.Read(b)
	p.got += int64(n)
	return n, err
}

// timeAfter is how long something may take to come, of which so many bytes have come, with a grace.
func timeAfter(grace time.Duration, got int64) time.Duration {
	due := time.Duration(float64(got) / bodyRate * float64(time.Second))
	return min(grace+due, mostBodyTime)
}

// pacedFrame is what follows on a lane of a large frame. It must come within readTimeout, or at bodyRate.
type pacedFrame struct {
	conn  net.Conn
	began time.Time
	got   int64
}

// Read implements io.Reader.
func (p *pacedFrame) Read(b []byte) (int, error) {
	if err := p.conn.SetReadDeadline(p.began.Add(timeAfter(readTimeout, p.got))); err != nil {
		return 0, err
	}
	n, err := p.conn.Read(b)
	p.got += int64(n)
	return n, err
}
