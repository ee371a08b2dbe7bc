package runbook

import (
	"math"
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// episode is one lag of a replica from its onset on, or for the primary the time
// during which any replica lags.
type episode struct {
	noticed time.Time // when the lag was above the warning, or in doubt
	onset   time.Time // when it began; zero if that was before we looked
	down    time.Time // since when it is down again; zero while it is not
	turn    turn
	spells  [numSensors]spell
}

// spell is the time during which a sensor stood above what is normal.
type spell struct {
	since, last time.Time
	peak        float64
	before      bool // it began before what is remembered
}

// spellGap is how long a sensor may be normal within one spell.
const spellGap = 3 * momentEvery

// begins returns the onset, or if that is not known when it was noticed.
func (e *episode) begins() time.Time {
	if e.onset.IsZero() {
		return e.noticed
	}
	return e.onset
}

// sick tells whether a replica has something to explain: it lags, or its lag is
// not to be believed.
func sick(s *cluster.Snapshot, r *cluster.Replica) bool {
	lag, ok := r.Lag.Seconds.Value()
	return r.Lag.State != cluster.LagLive || (ok && lag > s.Session.Thresholds.Warning.Seconds())
}

// noteEpisode opens an episode when a replica begins to lag and closes it when
// the lag is down for good.
func (n *subject) noteEpisode(s *cluster.Snapshot, r *cluster.Replica) {
	switch {
	case sick(s, r) && n.episode == nil:
		if r.Lag.State == cluster.LagUnknown && !n.seenLag() {
			return // nothing came yet: that is no episode
		}
		n.backfill(r.ID, s)
		n.open(s.At, n.lagOnset(s, r))
	case sick(s, r):
		n.riseAgain(s, r)
		n.turnUp(s, r)
		n.episode.down = time.Time{}
	case n.episode != nil && n.episode.down.IsZero():
		n.episode.down = s.At
	case n.episode != nil && s.At.Sub(n.episode.down) >= episodeEnds:
		n.episode = nil
	}
}

// riseAgain moves the onset of an episode whose lag was for a while what it was
// before: what shows only then is not late for the lag of now. What is normal
// stays as it was, since a fault that comes and goes is not.
func (n *subject) riseAgain(s *cluster.Snapshot, r *cluster.Replica) {
	e := n.episode
	if e.down.IsZero() {
		return
	}
	if onset := n.lagOnset(s, r); onset.Sub(e.down) > spellGap {
		e.noticed, e.onset = s.At, onset
	}
}

// turn follows a lag that falls, to notice when it rises again.
type turn struct {
	high, low float64   // the highest of it, and the lowest since then
	lowAt     time.Time // when it was at the lowest last
}

// A lag that fell by a good part, and by turnBy seconds at least, or by turnFar, was
// getting better; one that then rises by turnBy has a reason that came then.
const (
	turnShare = 0.3
	turnBy    = 3.0
	turnFar   = 10.0
)

// turnUp moves the onset of an episode to where a lag that was getting better turned:
// what shows only then is not late for the lag of now.
func (n *subject) turnUp(s *cluster.Snapshot, r *cluster.Replica) {
	lag, ok := r.Lag.Seconds.Value()
	if !ok || r.Lag.State != cluster.LagLive {
		return
	}
	e := n.episode
	t := &e.turn
	fell := t.high-t.low >= max(turnBy, min(turnFar, turnShare*t.high))
	switch {
	case t.high == 0 || lag >= t.high && !fell:
		*t = turn{lag, lag, s.At}
	case lag <= t.low:
		t.low, t.lowAt = lag, s.At
	case fell && lag >= t.low+turnBy:
		e.noticed, e.onset = s.At, t.lowAt
		*t = turn{lag, lag, s.At}
	}
}

func (n *subject) seenLag() bool {
	return slices.ContainsFunc(n.moments.of[sensorLag], func(v float32) bool { return !math.IsNaN(float64(v)) })
}

// notePrimary gives the primary an episode that begins when the first of the
// replicas' that last did.
func (n *subject) notePrimary(s *cluster.Snapshot, began time.Time) {
	switch {
	case began.IsZero():
		n.episode = nil
	case n.episode == nil:
		n.backfill(s.Primary.ID, s)
		n.open(s.At, began)
	}
}

// lagOnset returns when the lag left what it was before; zero if that can't be told.
func (n *subject) lagOnset(s *cluster.Snapshot, r *cluster.Replica) time.Time {
	if r.Lag.State == cluster.LagFrozen && r.Lag.Since.After(s.FirstSeen.Add(momentEvery)) {
		return r.Lag.Since
	}
	warning := s.Session.Thresholds.Warning.Seconds()
	var calm []float64
	for i := range n.moments.len() {
		if lag := n.moments.value(i, sensorLag); !n.moments.sick(i) && lag <= warning {
			calm = append(calm, lag)
		}
	}
	normal := newNorm(calm, 1)
	if !normal.known {
		return time.Time{}
	}
	limit := max(normal.high(), normal.mid+0.5)
	first := -1
	for i := n.moments.len() - 1; i >= 0; i-- {
		lag := n.moments.value(i, sensorLag)
		switch {
		case lag > limit:
			first = i
		case lag <= limit:
			return n.interpolate(first, i, normal.mid, s.At)
		}
	}
	return time.Time{}
}

// interpolate places the onset between two moments: a lag rises by at most a
// second a second, so it is at least as old as it is high.
func (n *subject) interpolate(first, calm int, normal float64, at time.Time) time.Time {
	from := n.moments.at(calm)
	if first < 0 {
		return at // it rose since the newest moment
	}
	onset := n.moments.at(first).Add(-seconds(max(0, n.moments.value(first, sensorLag)-normal)))
	if onset.Before(from) {
		return from
	}
	return onset
}

// open begins an episode and takes what is normal from the time before it.
func (n *subject) open(at, onset time.Time) {
	n.episode = &episode{noticed: at, onset: onset}
	if !onset.IsZero() {
		n.learn(onset)
	}
	for i := range n.moments.len() {
		n.episode.track(n, i, i == 0)
	}
}

// learn takes the norms from the moments before an onset. Of a sensor that has
// too few the norm of an earlier episode stays.
func (n *subject) learn(onset time.Time) {
	for s := range numSensors {
		if x := n.before(sensor(s), onset); x.known {
			n.norms[s] = x
		}
	}
}

// before returns what was normal for a sensor before an onset; unknown if that
// is not known.
func (n *subject) before(s sensor, onset time.Time) norm {
	if onset.IsZero() {
		return norm{}
	}
	var values [mostMoments]float64
	for _, apart := range []time.Duration{calmBefore, momentEvery} {
		k := 0
		for i := range n.moments.len() {
			if !n.moments.sick(i) && !n.moments.at(i).After(onset.Add(-apart)) {
				values[k] = n.moments.value(i, s)
				k++
			}
		}
		if x := newNorm(values[:k], leastNormal); x.known {
			return x
		}
	}
	return norm{}
}

// lowSince returns since when a sensor is below a limit, one odd reading apart;
// zero if it was in all that is remembered.
func (n *subject) lowSince(s sensor, limit float64) time.Time {
	var since time.Time
	odd := 0
	for i := n.moments.len() - 1; i >= 0; i-- {
		switch v := n.moments.value(i, s); {
		case v < limit:
			since, odd = n.moments.at(i), 0
		case v >= limit:
			if odd++; odd > 1 {
				return since
			}
		}
	}
	return time.Time{}
}

// follow takes the newest moment.
func (e *episode) follow(n *subject) {
	e.track(n, n.moments.len()-1, false)
}

// track takes moment i, which may be the first that is remembered.
func (e *episode) track(n *subject, i int, first bool) {
	for s := range numSensors {
		e.trackOne(n, i, first, sensor(s))
	}
}

func (e *episode) trackOne(n *subject, i int, first bool, s sensor) {
	v := n.moments.value(i, s)
	if !n.norms[s].known || math.IsNaN(v) || v <= n.norms[s].departs(s) {
		return
	}
	x, at := &e.spells[s], n.moments.at(i)
	if x.since.IsZero() || at.Sub(x.last) > spellGap {
		*x = spell{since: at, before: first}
	}
	x.last, x.peak = at, max(x.peak, v)
}

func (e *episode) shift(by time.Duration) {
	for _, t := range []*time.Time{&e.noticed, &e.onset, &e.down, &e.turn.lowAt} {
		if !t.IsZero() {
			*t = t.Add(by)
		}
	}
	for i := range e.spells {
		if x := &e.spells[i]; !x.since.IsZero() {
			x.since, x.last = x.since.Add(by), x.last.Add(by)
		}
	}
}
