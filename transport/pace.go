package transport

import (
	"io"
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
	due := time.Duration(float64(p.got) / bodyRate * float64(time.Second))
	// A ResponseWriter that cannot do it belongs to somebody else's server, with limits of its own.
	_ = p.control.SetReadDeadline(p.began.Add(min(bodyGrace+due, mostBodyTime)))
	n, err := p.body.Read(b)
	p.got += int64(n)
	return n, err
}
