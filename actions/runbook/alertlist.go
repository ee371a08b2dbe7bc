package runbook

import (
	"maps"
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// List returns all alerts as of the newest evaluation, by replica, target,
// family and rule. FiresIn and ClearsAt are reckoned from at.
func (a *Alerts) List(at time.Time) []Alert {
	var list []Alert
	for _, replica := range slices.Sorted(maps.Keys(a.about)) {
		for _, s := range a.about[replica] {
			list = a.appendAlerts(list, s, at)
		}
	}
	return list
}

// Of returns one alert for each rule about a replica, in the order of the rules:
// of several targets that tell of it the gravest. One for which no series was
// ever seen is in nodata, not Seen.
func (a *Alerts) Of(replica cluster.NodeID, at time.Time) []Alert {
	worst := make([]Alert, len(a.rules))
	for i := range a.rules {
		worst[i] = Alert{Rule: a.rules[i], Replica: replica, State: AlertNoData}
		for _, s := range a.about[replica] {
			if s.Family != a.rules[i].Family {
				continue
			}
			if x := a.view(s, i, at); worst[i].Target == "" || gravity(x) > gravity(worst[i]) {
				worst[i] = x
			}
		}
	}
	return worst
}

// gravity orders alerts of one rule: firing, nodata of what was there, pending,
// inactive, and last what was never there.
func gravity(a Alert) int {
	switch {
	case a.State == AlertFiring:
		return 4
	case a.State == AlertNoData && a.Seen:
		return 3
	case a.State == AlertPending:
		return 2
	case a.State == AlertInactive:
		return 1
	default:
		return 0
	}
}

func (a *Alerts) appendAlerts(list []Alert, s *AlertSeries, at time.Time) []Alert {
	for i := range a.rules {
		if a.rules[i].Family == s.Family {
			list = append(list, a.view(s, i, at))
		}
	}
	return list
}

// view returns how rule i stands for s.
func (a *Alerts) view(s *AlertSeries, i int, at time.Time) Alert {
	r, k := &a.rules[i], &s.Records[i]
	v := Alert{
		Rule: *r, Replica: s.Replica, Target: s.Target, Prometheus: k.Prometheus,
		State: k.Shown, Since: k.Since, Seen: s.Seen, Value: k.value(), Was: k.Was, LostAt: k.LostAt,
	}
	switch {
	case k.Since.IsZero():
		v.State = AlertNoData // not evaluated yet
	case v.State == AlertPending:
		v.FiresIn = max(0, a.onGrid(k.Active.Add(r.For)).Sub(at))
	}
	if r.Rate > 0 && (v.State == AlertPending || v.State == AlertFiring) {
		v.ClearsAt = a.clears(s, r, at)
	}
	return v
}

// onGrid returns the first evaluation at or after t.
func (a *Alerts) onGrid(t time.Time) time.Time {
	every := a.every()
	if every <= 0 || !t.After(a.next) {
		return t
	}
	return a.next.Add((t.Sub(a.next) + every - 1) / every * every)
}
