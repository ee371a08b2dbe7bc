package cluster

import (
	"math"
	"time"
)

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
