package actions

import (
	"strconv"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Climb is a ramp that runs.
type Climb struct {
	Action string // of the ramp; those of later steps begin with it
	Plan   *Plan
	At     int           // the step that is in force, or on its way; base after the first failed
	Held   time.Duration // healthy time at this step
	Paused cluster.Text  // why its time does not count now; empty if it does
	Back   cluster.Text  // why it is stepping back; empty if it is not

	began    Now
	serial   int  // steps that were sent
	holding  bool // the step is in force
	since    Now  // of that
	sampled  time.Duration
	good     int       // samples in a row that passed
	critical int       // samples in a row with a lag above critical
	newest   time.Time // reading that the last sample was of
	felt     bool      // the ingest followed a limit of the ramp
	filled   bool      // the ingest was near the limit of this step
	due      int       // the step that is sent next, once check has its answer
	check    string    // of the limit, right before that; empty for none
	asked    Now
}

const (
	sampleEvery = 5 * time.Second
	lastGood    = time.Minute // the end of a hold has to be healthy without a break
	maxCritical = 3
	flatSlope   = 0.01 // seconds per second
)

// Words says where the ramp is: step 2 of 4, 500/s, 3m12s of 5m0s.
func (c *Climb) Words(Now) string {
	r := c.Plan.Ramp
	if !c.Back.IsZero() {
		to := c.At
		if c.holding { // it is put off
			to--
		}
		_, n := r.at(to)
		return "stepping back to " + strconv.FormatInt(n, 10) + "/s: " + c.Back.String()
	}
	s := "step " + strconv.Itoa(c.At+1) + " of " + strconv.Itoa(len(r.Steps)) + ", " + strconv.FormatInt(r.Steps[c.At], 10) + "/s, " +
		min(c.Held, r.Hold).Round(time.Second).String() + " of " + r.Hold.String()
	switch {
	case c.check != "":
		s += ", reading the limit in force"
	case !c.Paused.IsZero():
		s += ", waits: " + c.Paused.String()
	case c.holding && c.Held >= r.Hold:
		s += ", waits until the last " + min(lastGood, r.Hold).String() + " were healthy"
	}
	return s
}

// ramps tells whether an action is the running ramp's.
func (m *machine) ramps(action string) bool {
	c := m.Climb
	return c != nil && (action == c.Action || len(action) > len(c.Action) && action[:len(c.Action)+1] == c.Action+".")
}

// climb sends the step at index i of the ramp.
func (m *machine) climb(i int, g journal.Gestures) {
	c := m.Climb
	p := *c.Plan
	p.Deed, p.Limit = c.Plan.Ramp.at(i)
	p.Title = cluster.Clean("ramp to " + strconv.FormatInt(p.Limit, 10) + "/s")
	action := c.Action
	if c.serial > 0 {
		action += "." + strconv.Itoa(c.serial)
	}
	c.serial++
	c.At, c.holding, c.Held, c.good, c.critical, c.filled = i, false, 0, 0, 0, false
	m.Flight = &Flight{Action: action, Plan: &p, Since: m.now, ofRamp: true}
	m.do(m.intent(&p, action, g, p.seen()))
}

// climbed goes on after the answer to a step.
func (m *machine) climbed(r admin.Result) {
	if m.Climb == nil {
		return
	}
	switch r.Verdict {
	case admin.Accepted:
		m.inForce()
	case admin.Ambiguous:
		m.Climb.Paused = cluster.Clean("the answer was lost: looking whether the limit is in force")
	case admin.NotSent, admin.Rejected:
		m.endClimb("a step failed: " + r.Summary().String())
	}
}

// climbSettled goes on after the outcome of a step was read back.
func (m *machine) climbSettled(f Finding) {
	switch {
	case m.Climb == nil:
	case f.Effect == Applied:
		m.inForce()
	default:
		m.endClimb("a step's answer was lost, and " + f.Effect.String())
	}
}

// inForce begins the hold of a step, or ends the ramp after the step back.
func (m *machine) inForce() {
	c := m.Climb
	if _, n := c.Plan.Ramp.at(c.At); !c.Back.IsZero() {
		m.finishClimb(Regressed, "stepped back to "+strconv.FormatInt(n, 10)+"/s: "+c.Back.String())
		return
	}
	c.holding, c.since, c.sampled, c.Paused = true, m.now, m.now.Mono, cluster.Text{}
}

// passClimb reads the limit while a ramp runs or a limit stands.
func (m *machine) passClimb() {
	missing := m.World.Limit.Failure != nil && m.World.Limit.Failure.Kind == cluster.FailMissing
	if m.Climb == nil && m.Standing.PerSecond == 0 || missing || m.now.Mono < m.nextGET || m.Flight != nil {
		return
	}
	every := 3 * sampleEvery
	if m.Climb != nil {
		every = m.sampleTime()
	}
	m.nextGET = m.now.Mono + every
	m.reread("limit", Ask{})
}

// sampleTime is the time between two samples: 60 in a hold.
func (m *machine) sampleTime() time.Duration {
	return max(min(sampleEvery, m.Climb.Plan.Ramp.Hold/60), 100*time.Millisecond)
}

// seenClimb samples the gate.
func (m *machine) seenClimb() {
	c := m.Climb
	if c == nil || !c.holding || m.Flight != nil || c.check != "" {
		return
	}
	if who := m.overtaken(); who != "" {
		m.endClimb(who)
		return
	}
	if !c.Back.IsZero() { // it was put off
		m.prepare(c.At - 1)
		return
	}
	newest := m.World.Snapshot.Primary.Metrics.Newest
	since := m.now.Mono - c.sampled
	if since < m.sampleTime() {
		return
	}
	old := !newest.After(c.newest) || !newest.After(c.since.Wall.Add(m.World.Snapshot.Interval))
	if old && since < fresh(m.World.Snapshot) {
		return // the next reading is not due yet
	}
	c.sampled, c.newest = m.now.Mono, newest
	m.sample(min(since, 2*max(m.sampleTime(), m.World.Snapshot.Interval)), old)
}

// sample takes one sample of d of the hold.
func (m *machine) sample(d time.Duration, old bool) {
	c := m.Climb
	g := gateOf(m.World.Snapshot)
	if old {
		g = gate{missing: "no new reading of the primary"}
	} else {
		m.feel()
	}
	switch {
	case g.fail != "":
		m.stepBack(g.fail)
		return
	case g.critical != "" && m.relieves():
		c.good, c.Paused = 0, cluster.Clean(g.critical+", as before the ramp, whose first step lowers the rate")
		return
	case g.critical != "":
		c.critical++
		c.good, c.Paused = 0, cluster.Clean(g.critical)
		if c.critical >= maxCritical {
			m.stepBack(g.critical)
		}
		return
	case g.missing != "":
		c.good, c.Paused = 0, cluster.Clean(g.missing)
		return
	case g.wait != "":
		c.good, c.critical, c.Paused = 0, 0, cluster.Clean(g.wait)
		return
	}
	if why := m.held(); why != "" {
		c.good, c.critical, c.Paused = 0, 0, cluster.Clean(why)
		return
	}
	c.good, c.critical, c.Paused = c.good+1, 0, cluster.Text{}
	c.Held += d
	need := int(min(lastGood, c.Plan.Ramp.Hold) / max(m.sampleTime(), m.World.Snapshot.Interval))
	if c.Held >= c.Plan.Ramp.Hold && c.good >= min(need, 12) {
		m.advance()
	}
}

// advance goes to the next step, or ends the ramp after the last.
func (m *machine) advance() {
	c := m.Climb
	held := strconv.FormatInt(c.Plan.Ramp.Steps[c.At], 10) + "/s held for " + c.Held.Round(time.Second).String()
	switch {
	case c.At < len(c.Plan.Ramp.Steps)-1 && m.Peace(m.now) > 0: // the answer to something else that was asked
		c.Paused = cluster.Clean("the server asked to be left alone, " + wait(m.Peace(m.now)) + " more")
	case c.At < len(c.Plan.Ramp.Steps)-1:
		m.event("ramp_gate", c.Action, held+": passed", nil)
		m.prepare(c.At + 1)
	case m.World.Limit.since(c.since) || c.felt:
		m.finishClimb(Effective, held+"; the limit stays")
	default:
		m.finishClimb(Inconclusive, held+", but that it is in force can't be told: ingest is "+
			figure(m.World.Snapshot.Primary.IngestPerSecond, perSecond)+", and was "+figure(c.Plan.before.ingest, perSecond)+" before")
	}
}

// stepBack goes one step back, once, and ends the ramp.
func (m *machine) stepBack(why string) {
	c := m.Climb
	m.event("ramp_gate", c.Action, "failed: "+why, nil)
	if c.At == 0 && c.Plan.Ramp.Back == nil {
		m.finishClimb(Regressed, why+"; the first step stays, there is no lower limit to go back to")
		return
	}
	c.Back = cluster.Clean(why)
	m.prepare(c.At - 1)
}

// pauseClimb makes the hold begin anew.
func (m *machine) pauseClimb(why string) {
	if c := m.Climb; c != nil {
		c.Held, c.good, c.Paused = 0, 0, cluster.Clean(why)
		c.sampled = m.now.Mono
	}
}

// endClimb ends a ramp that is not to go on. The limit stays where it is.
func (m *machine) endClimb(why string) {
	if m.Climb != nil {
		m.finishClimb(Inconclusive, why)
	}
}

func (m *machine) finishClimb(e Effect, why string) {
	c := m.Climb
	m.Climb = nil
	f := found(e, why)
	m.effect(c.Plan, c.Action, f, m.now.Mono-c.began.Mono, true, nil)
	if d := m.dialogOf(c.Action); d != nil {
		d.Phase, d.Finding, d.Took, d.FoundAt = Ended, f, m.now.Mono-c.began.Mono, m.now.Mono
	}
}
