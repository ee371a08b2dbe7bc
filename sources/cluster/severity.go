package cluster

import (
	"cmp"
	"math"
	"time"
)

// Severity says how much a replica's lag needs a person, least first.
type Severity uint8

// The severities. A lag that is not known outranks a warning, as in the exit
// code of status: it may hide anything.
const (
	SeverityOK Severity = iota
	SeverityWarning
	SeverityUnknown // stale, frozen or unknown
	SeverityCritical
)

// SeverityOf judges a lag by the thresholds: strictly above is over.
func SeverityOf(l *Lag, t Thresholds) Severity {
	v, ok := l.Seconds.Value()
	switch {
	case !ok || l.State != LagLive:
		return SeverityUnknown
	case v > t.Critical.Seconds():
		return SeverityCritical
	case v > t.Warning.Seconds():
		return SeverityWarning
	}
	return SeverityOK
}

// CompareReplicas orders replicas worst first: by severity; those in trouble by whether
// the last value is to be escalated and by how far behind it is, in steps of a
// tenth; then by id. By the very digits the worst of several that are alike would
// be another at each reading.
func CompareReplicas(a, b *Replica, t Thresholds) int {
	as, bs := SeverityOf(&a.Lag, t), SeverityOf(&b.Lag, t)
	if as != bs {
		return cmp.Compare(bs, as)
	}
	if as != SeverityOK {
		if c := compareBool(escalates(b, t), escalates(a, t)); c != 0 {
			return c
		}
		if c := cmp.Compare(lagStep(b), lagStep(a)); c != 0 {
			return c
		}
	}
	return cmp.Compare(a.ID, b.ID)
}

// escalates tells whether the last value is above what the runbook says to escalate:
// who is told of less than that as the worst believes that there is time.
func escalates(r *Replica, t Thresholds) bool {
	v, ok := r.Lag.Seconds.Value()
	return ok && v > t.Escalate.Seconds()
}

// lagStep is the lag in steps of a tenth; one that is not known comes last.
func lagStep(r *Replica) int {
	v, ok := r.Lag.Seconds.Value()
	switch {
	case !ok:
		return math.MinInt
	case v < minStep:
		v = minStep
	}
	return int(math.Floor(math.Log(v) / math.Log(1.1)))
}

// minStep is the least lag in seconds that is told from none.
const minStep = 0.1

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// WorstReplica returns the one that comes first by CompareReplicas, or nil if there is none.
func WorstReplica(s *Snapshot) *Replica {
	var worst *Replica
	t := LimitsOf(s)
	for i := range s.Replicas {
		if r := &s.Replicas[i]; worst == nil || CompareReplicas(r, worst, t) < 0 {
			worst = r
		}
	}
	return worst
}

// LimitsOf returns the session's thresholds, or those of the runbook (5, 10 and
// 60 s) where there is no session yet: a zero limit would make all critical.
func LimitsOf(s *Snapshot) Thresholds {
	t := Thresholds{Warning: 5 * time.Second, Critical: 10 * time.Second, Escalate: time.Minute}
	if s == nil {
		return t
	}
	o := s.Session.Thresholds
	return Thresholds{
		Warning:  cmp.Or(o.Warning, t.Warning),
		Critical: cmp.Or(o.Critical, t.Critical),
		Escalate: cmp.Or(o.Escalate, t.Escalate),
	}
}
