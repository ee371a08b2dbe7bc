package cluster

import (
	"math"
	"time"
)

// How long counters remember, and how densely.
const (
	rateWindow       = 10 * time.Second // apply and ingest rates: smooth, yet answering to a throttle at once
	errorWindow      = 5 * time.Minute  // sync errors: the runbook's window
	errorSpace       = 5 * time.Second
	corruptionWindow = time.Hour // what was reported before that is told as the past
	keepPoints       = 3         // at long intervals a window holds at least so many
	wholePoints      = 64
)

// counter is the recent past of one counter or gauge, oldest first.
type counter struct {
	base   int64 // an instant in markUnit since 1970
	points []mark
	anew   bool // it fell once: its count is not that of all there ever was
}

// mark is a CountPoint in memory: 16 bytes for 40, since a thousand replicas have
// a hundred thousand of them.
type mark struct {
	at    uint32 // Taken in markUnit since the counter's base; five days at most
	half  uint32 // Half in markUnit, likewise
	value float64
}

// markUnit is 0.1 ms: rates are over seconds, and in a keyframe finer digits are
// noise of 13 bits for each point.
const markUnit = 100 * time.Microsecond

func instant(t time.Time) int64 { return t.Round(markUnit).UnixNano() / int64(markUnit) }

// put appends a point that is newer than the last one, and rounds its instant, and
// its error up. What was rounded once stays. One that is not newer is left out, and one
// too far from the others takes their place.
func (c *counter) put(p CountPoint) {
	at, n := instant(p.Taken), len(c.points)
	if n > 0 && at <= c.base+int64(c.points[n-1].at) {
		return
	}
	if n > 0 && at-c.base > math.MaxUint32 { // the first of the points becomes the base
		before := c.points[0].at
		c.base += int64(before)
		for i := range c.points {
			c.points[i].at -= before
		}
	}
	if n == 0 || at-c.base > math.MaxUint32 {
		c.base, c.points = at, c.points[:0]
	}
	if n := len(c.points); n == cap(c.points) {
		c.points = append(make([]mark, 0, n+spareMarks), c.points...) // twice as many would stay half empty
	}
	half := (p.Half + markUnit - 1) / markUnit
	c.points = append(c.points, mark{uint32(at - c.base), uint32(min(max(half, 0), math.MaxUint32)), p.Value})
}

const spareMarks = 4

func (c *counter) point(i int) CountPoint {
	m := &c.points[i]
	return CountPoint{time.Unix(0, (c.base+int64(m.at))*int64(markUnit)).UTC(), time.Duration(m.half) * markUnit, m.value}
}

// since returns the time from an older mark.
func (m mark) since(o mark) time.Duration { return time.Duration(int64(m.at)-int64(o.at)) * markUnit }

// rate returns the growth per second from an older mark.
func (m mark) rate(o mark) float64 { return (m.value - o.value) / m.since(o).Seconds() }

// memory says what a counter keeps.
type memory struct {
	window time.Duration
	space  time.Duration // nearer points replace each other
	whole  bool          // keep the first point for ever: rates are over the whole watch
}

// add appends a point. A counter that fell was reset: its past is dropped, so
// that no rate is drawn over the reset, and the return is true.
func (c *counter) add(p CountPoint, m memory) (reset bool) {
	n := len(c.points)
	if n > 0 && instant(p.Taken) <= c.base+int64(c.points[n-1].at) {
		return false
	}
	if reset = n > 0 && p.Value < c.points[n-1].value; reset {
		c.points, c.anew = c.points[:0], true
	}
	c.put(p)
	if n := len(c.points); n > 2 && c.points[n-1].since(c.points[n-3]) < m.space {
		c.points[n-2] = c.points[n-1]
		c.points = c.points[:n-1]
	}
	c.trim(m)
	return reset
}

func (c *counter) trim(m memory) {
	drop := 0
	if m.whole {
		if len(c.points) > wholePoints { // the first stays, and enough of the newest
			c.points = append(c.points[:1], c.points[len(c.points)-wholePoints/2:]...)
		}
		return
	}
	newest := c.points[len(c.points)-1]
	for len(c.points)-drop > keepPoints && newest.since(c.points[drop+1]) >= m.window {
		drop++
	}
	if drop > 0 {
		c.points = append(c.points[:0], c.points[drop:]...)
	}
}

// recall returns the points for a keyframe, and recalled is its reverse.
func (c *counter) recall() []CountPoint {
	list := make([]CountPoint, len(c.points))
	for i := range c.points {
		list[i] = c.point(i)
	}
	return list
}

func recalled(r *CountRecall) *counter {
	c := &counter{points: make([]mark, 0, len(r.Points)), anew: r.Anew}
	for _, p := range r.Points {
		c.put(p)
	}
	return c
}

// before is the counter as it was before its newest point.
func (c *counter) before() *counter {
	return &counter{base: c.base, points: c.points[:max(0, len(c.points)-1)], anew: c.anew}
}

// last returns the newest point.
func (c *counter) last() (CountPoint, bool) {
	if c == nil || len(c.points) == 0 {
		return CountPoint{}, false
	}
	return c.point(len(c.points) - 1), true
}

// at returns the value at t, between two points or a little beyond the newest,
// and a bound of its error. ok is false where the points can't say.
func (c *counter) at(t time.Time) (value, bound float64, ok bool) {
	p, ok := c.last()
	if !ok {
		return 0, 0, false
	}
	r, known := c.growth().Value()
	if !known {
		const sameInstant = 100 * time.Millisecond
		return p.Value, 0, t.Sub(p.Taken).Abs() <= sameInstant
	}
	if !t.Before(p.Taken) {
		ahead := t.Sub(p.Taken).Seconds()
		return p.Value + r*ahead, math.Abs(r) * ahead / 2, true
	}
	for i := len(c.points) - 2; i >= 0; i-- {
		a, b := c.point(i), c.point(i+1)
		if t.Before(a.Taken) {
			continue
		}
		f := t.Sub(a.Taken).Seconds() / b.Taken.Sub(a.Taken).Seconds()
		return a.Value + f*(b.Value-a.Value), 0, true
	}
	a := c.point(0)
	back := a.Taken.Sub(t).Seconds()
	return a.Value - r*back, math.Abs(r) * back / 2, true
}
