package metrics

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/web/webtest"
)

// Taken lies between the request's leaving and the first byte, not at the end.
func TestTakenIsTheMiddle(t *testing.T) {
	clock := &tickClock{}
	s := webtest.HTTP(t, func(w http.ResponseWriter, r *http.Request) {
		clock.add(10 * time.Second) // gathering
		w.Header().Set("Content-Type", plain)
		w.(http.Flusher).Flush()
		clock.waitForFirstByte(r.Context())
		clock.add(time.Hour) // writing
		_, _ = w.Write([]byte(good))
	})
	c := open(t, s.URL, func(o *Options) { o.Clock = clock })
	r, _ := collect(t, c)
	if r.Err != nil || r.Took != time.Hour+10*time.Second || !r.Taken.Equal(time.Unix(1005, 0)) {
		t.Errorf("%v: taken %v, took %v", r.Err, r.Taken.Unix(), r.Took)
	}
}

// tickClock moves by add alone, and knows how often it was read.
type tickClock struct {
	fakeClock
	mu    sync.Mutex
	since time.Duration
	reads int
}

func (c *tickClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.since += d
}

func (c *tickClock) Now() time.Time { return time.Unix(1000, 0) }

func (c *tickClock) Mono() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads++
	return c.since
}

// waitForFirstByte waits for the third reading: start, request, first byte.
func (c *tickClock) waitForFirstByte(ctx context.Context) {
	for ctx.Err() == nil {
		c.mu.Lock()
		n := c.reads
		c.mu.Unlock()
		if n >= 3 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
