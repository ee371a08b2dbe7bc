package runbook

import (
	"math"
	"time"
)

// moments are the readings of a node's sensors, oldest first. Most nodes lack most
// sensors, those without SSH all of the host's: only what was ever known is kept, since
// ten minutes of all of a thousand replicas took 13 MB.
type moments struct {
	when []moment
	of   [numSensors][]float32 // NaN is unknown; nil while it always was
}

// moment is one reading of all sensors. Sick ones, taken during an episode, tell
// nothing of what is normal.
type moment struct {
	ns   int64 // Unix; a time.Time takes 24 bytes, of a hundred thousand moments
	sick bool
}

func (m *moments) len() int { return len(m.when) }

func (m *moments) at(i int) time.Time { return time.Unix(0, m.when[i].ns).UTC() }

func (m *moments) sick(i int) bool { return m.when[i].sick }

// value returns what a sensor said at moment i; NaN is unknown.
func (m *moments) value(i int, s sensor) float64 {
	if m.of[s] == nil {
		return math.NaN()
	}
	return float64(m.of[s][i])
}

// push appends a moment, in the place of the oldest where there are mostMoments.
func (m *moments) push(at time.Time, sick bool, v *readings) {
	if len(m.when) == mostMoments {
		m.when = append(m.when[:0], m.when[1:]...)
		for s, list := range m.of {
			if list != nil {
				m.of[s] = append(list[:0], list[1:]...)
			}
		}
	}
	for s, x := range v {
		if m.of[s] == nil && !math.IsNaN(float64(x)) {
			m.of[s] = unknowns(len(m.when))
		}
		if m.of[s] != nil {
			m.of[s] = append(m.of[s], x)
		}
	}
	m.when = append(m.when, moment{at.UnixNano(), sick})
}

// prepend puts moments before the oldest, with what some sensors said then.
func (m *moments) prepend(when []moment, of map[sensor][]float32) {
	for s, list := range m.of {
		older := of[sensor(s)]
		switch {
		case list == nil && older == nil:
			continue
		case older == nil:
			older = unknowns(len(when))
		case list == nil:
			list = unknowns(len(m.when))
		}
		m.of[s] = append(older[:len(when):len(when)], list...)
	}
	m.when = append(when, m.when...)
}

func (m *moments) shift(by time.Duration) {
	for i := range m.when {
		m.when[i].ns += int64(by)
	}
}

// unknowns are so many values that are not known.
func unknowns(n int) []float32 {
	list := make([]float32, n, max(n, 1))
	for i := range list {
		list[i] = float32(math.NaN())
	}
	return list
}
