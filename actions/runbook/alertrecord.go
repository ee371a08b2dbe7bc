package runbook

import (
	"math"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// AlertRecord is what is remembered of one rule for one series. It is plain, so
// that a keyframe can hold it.
type AlertRecord struct {
	Prometheus AlertState // never AlertNoData
	Shown      AlertState
	Since      time.Time // of Shown
	Active     time.Time // the evaluation that first found the expression to hold
	Keep       time.Time // first evaluation without it while firing; zero if there is none
	Was        AlertState
	LostAt     time.Time
	Value      float64
	HasValue   bool
}

// evaluate takes the value of the expression at one evaluation.
func (a *AlertRecord) evaluate(r *Rule, value float64, has bool, at time.Time) {
	was := a.Shown
	a.Value, a.HasValue = value, has && !math.IsNaN(value)
	a.mirror(r, has && value > r.Above, at)
	shown := a.Prometheus
	if !a.HasValue {
		shown = AlertNoData
	}
	a.remember(was, shown, at)
	if shown != a.Shown || a.Since.IsZero() {
		a.Shown, a.Since = shown, at
	}
}

// mirror does what Prometheus does in one evaluation: rules/alerting.go, Eval.
func (a *AlertRecord) mirror(r *Rule, holds bool, at time.Time) {
	if !holds {
		if a.Prometheus == AlertFiring && r.KeepFiringFor > 0 {
			if a.Keep.IsZero() {
				a.Keep = at
			}
			if at.Sub(a.Keep) < r.KeepFiringFor {
				return
			}
		}
		a.Prometheus, a.Active, a.Keep = AlertInactive, time.Time{}, time.Time{}
		return
	}
	a.Keep = time.Time{}
	if a.Prometheus == AlertInactive {
		a.Prometheus, a.Active = AlertPending, at
	}
	if a.Prometheus == AlertPending && at.Sub(a.Active) >= r.For {
		a.Prometheus = AlertFiring
	}
}

// remember keeps what a loss interrupts. An alert that returns as pending was
// not cured by the loss, so only firing again or a value below ends it.
func (a *AlertRecord) remember(before, now AlertState, at time.Time) {
	switch now {
	case AlertNoData:
		if before == AlertFiring || (before == AlertPending && a.Was == AlertInactive) {
			a.Was, a.LostAt = before, at
		}
	case AlertPending:
		if a.Was == AlertPending {
			a.Was, a.LostAt = AlertInactive, time.Time{}
		}
	default:
		a.Was, a.LostAt = AlertInactive, time.Time{}
	}
}

// shift moves all times by the step of a wall clock.
func (a *AlertRecord) shift(by time.Duration) {
	for _, t := range []*time.Time{&a.Since, &a.Active, &a.Keep, &a.LostAt} {
		if !t.IsZero() {
			*t = t.Add(by)
		}
	}
}

// value returns the expression's value as a figure.
func (a *AlertRecord) value() cluster.Figure {
	if !a.HasValue {
		return cluster.Figure{}
	}
	return cluster.Known(a.Value)
}
