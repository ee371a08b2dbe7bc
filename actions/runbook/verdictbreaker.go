package runbook

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

const (
	// tripSlack is how long after the onset a breaker may have tripped and still
	// be its cause: an onset is known to 5 s, and the server's clock is not ours.
	tripSlack = 10 * time.Second
	// clockSlack is by how much, in seconds, the server's clock may differ.
	clockSlack = 1.0
)

// breaker looks at the replica's circuit breaker. Nothing is sent while it is
// open, so a lag that it caused is as old as the trip; one that is older had
// another cause, and the trip is a symptom.
func (d *diagnosis) breaker() {
	b := &d.r.Breaker
	if b.State == cluster.BreakerClosed {
		d.fine[cluster.CauseBreaker] = true
		d.normal = append(d.normal, "breaker closed")
		return
	}
	if b.State != cluster.BreakerTripped {
		return
	}
	trip := b.Since
	if trip.IsZero() || trip.After(d.s.At.Add(tripSlack)) {
		trip = d.n.tripped.since
	}
	words := because("breaker "+b.Agent.Text().String()+" tripped", b.Reason) + d.sinceWords(trip)
	o, asOld := d.placeTrip(trip)
	if o == orderLate {
		d.notes = append(d.notes, words+": a symptom, the lag came first")
		return
	}
	d.find(finding{cause: cluster.CauseBreaker, tool: "admin", order: o, since: trip, text: words})
	if asOld {
		d.find(finding{
			cause: cluster.CauseBreaker, tool: "lag", order: o, since: trip,
			text: "the lag, " + brief(d.lag()) + " s, is as old as the trip",
		})
	}
	if d.appliesNothing() {
		d.find(finding{
			cause: cluster.CauseBreaker, tool: "counters", order: o, since: trip,
			text: "applies nothing while the primary takes in " + figure(d.s.Primary.IngestPerSecond, perSecond),
		})
	}
}

// placeTrip tells whether a trip came before the lag, and whether the lag is as
// old as it. A lag of L seconds began at least L seconds ago.
func (d *diagnosis) placeTrip(trip time.Time) (o order, asOld bool) {
	if trip.IsZero() {
		return orderUnknown, false
	}
	age := d.s.At.Sub(trip).Seconds()
	live := d.r.Lag.State == cluster.LagLive
	// What was not above the warning at the trip was no lag.
	slack := d.s.Session.Thresholds.Warning.Seconds() + clockSlack
	switch {
	case !d.onset.IsZero() && trip.After(d.onset.Add(tripSlack)), live && d.lag() > age+slack:
		return orderLate, false
	case live && d.lag() > age-max(slack, age/5):
		return orderFits, true
	case !d.onset.IsZero():
		return orderFits, false
	}
	return orderUnknown, false
}
