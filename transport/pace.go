package transport

import (
	"io"
	"net/http"
	"time"
)

const (
	// bodyGrace is how long a body may take that comes slowly, and bodyRate, in bytes per second, how fast one must come that takes
	// longer: who sends a byte now and then must not hold a connection for long, and a large value may come over a thin line.
	bodyGrace = 5 * time.Second
	bodyRate  = 64 << 10
)

// pacedBody is a request's body that must come at bodyRate.
type pacedBody struct {
	body    io.Reader
	control *http.ResponseController
	began   time.Time
	got     int64
}

func pace(w http.ResponseWriter, body io.Reader) *pacedBody {
	return &pacedBody{body: body, control: http.NewResponseController(w), began: time.Now()}
}

// Read implements io.Reader.
func (p *pacedBody) Read(b []byte) (int, error) {
	due := time.Duration(float64(p.got) / bodyRate * float64(time.Second))
	// A ResponseWriter that cannot do it belongs to somebody else's server, with limits of its own.
	_ = p.control.SetReadDeadline(p.began.Add(bodyGrace + due))
	n, err := p.body.Read(b)
	p.got += int64(n)
	return n, err
}
