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

// A count was taken at some instant while its answer was waited for. A rate is over
// points that leave it sureRate of uncertainty, if there are such, and is unknown with
// more than vagueRate.
const (
	sureRate  = 0.02
	vagueRate = 0.25
)

// blur returns by which part the rate from an older mark may be off.
func (m mark) blur(o mark) float64 {
	return (float64(m.half) + float64(o.half)) * markUnit.Seconds() / m.since(o).Seconds()
}

// ends returns the points that the rate is over, and by which part it may be off: the
// oldest and the newest but for those that came late, as the first one over a new
// connection does.
func (c *counter) ends() (from, to mark, off float64) {
	if c == nil || len(c.points) < 2 {
		return from, to, math.Inf(1)
	}
	i, j := 0, len(c.points)-1
	blur := c.points[j].blur(c.points[i])
	for was := math.Inf(1); blur > sureRate && blur < was; {
		was = blur
		for k := range j {
			if b := c.points[j].blur(c.points[k]); b < blur {
				i, blur = k, b
			}
		}
		for k := i + 1; k < len(c.points); k++ {
			if b := c.points[k].blur(c.points[i]); b < blur {
				j, blur = k, b
			}
		}
	}
	return c.points[i], c.points[j], blur
}

// rate returns the mean growth per second over what is remembered; unknown with
// fewer than two points, or where they are too uncertain.
func (c *counter) rate() Figure {
	from, to, off := c.ends()
	if off > vagueRate {
		return Figure{}
	}
	return Known(to.rate(from))
}

// growth is the mean over all that is remembered, however uncertain: for bringing
// counts to one instant, of which the error is told.
func (c *counter) growth() Figure {
	if c == nil || len(c.points) < 2 {
		return Figure{}
	}
	return Known(c.points[len(c.points)-1].rate(c.points[0]))
}

// span returns the time that rate is over; 0 where it is unknown.
func (c *counter) span() time.Duration {
	from, to, off := c.ends()
	if off > vagueRate {
		return 0
	}
	return to.since(from)
}

// steadyPoints is how many points have to move for a counter to be steady.
const steadyPoints = 6

// steady tells whether the counter moved from each point that it remembers to the
// next: it is renewed whenever it is read.
func (c *counter) steady() bool {
	if c == nil || len(c.points) < steadyPoints {
		return false
	}
	for i := 1; i < len(c.points); i++ {
		if c.points[i].value <= c.points[i-1].value {
			return false
		}
	}
	return true
}

// peak returns the greatest growth per second between two points that follow
// each other; 0 with fewer than two.
func (c *counter) peak() float64 {
	most := 0.0
	for i := 1; c != nil && i < len(c.points); i++ {
		most = max(most, c.points[i].rate(c.points[i-1]))
	}
	return most
}

// pace returns the least and the greatest growth per second over stretches of so
// many seconds or a little more; over all that is remembered where that is
// shorter. ok is false with fewer than two points.
func (c *counter) pace(length float64) (slow, fast float64, ok bool) {
	rate, ok := c.growth().Value()
	if !ok {
		return 0, 0, false
	}
	slow, fast = rate, rate
	from := 0
	for i := 1; i < len(c.points); i++ {
		b := c.points[i]
		for from+1 < i && b.since(c.points[from+1]).Seconds() >= length {
			from++
		}
		a := c.points[from]
		if b.since(a).Seconds() >= length {
			rate := b.rate(a)
			slow, fast = min(slow, rate), max(fast, rate)
		}
	}
	return slow, fast, true
}

// freshRate is rate, unknown when the newest point is older than limit at t.
func (c *counter) freshRate(t time.Time, limit time.Duration) Figure {
	if p, ok := c.last(); !ok || t.Sub(p.Taken) > limit {
		return Figure{}
	}
	return c.rate()
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
