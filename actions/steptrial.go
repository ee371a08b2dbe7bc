package actions

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// How long an outcome that is not known is read back, and how often, by the
// hand's clock.
const (
	readBackFor   = 30 * time.Second
	readBackEvery = 2 * time.Second
)

// passTrials asks for what they need, and ends those whose time is over.
func (m *machine) passTrials() {
	for i := 0; i < len(m.Trials); i++ {
		t := &m.Trials[i]
		switch {
		case t.ReadBack && t.Superseded:
			m.settle(i, found(Unknown, superseded))
			i--
		case t.ReadBack && m.now.Hand-t.Answered.Hand >= readBackFor:
			m.settle(i, Finding{Effect: Unknown, Why: t.Finding.Why, Facts: t.Finding.Facts})
			i--
		case t.ReadBack && m.now.Hand >= t.nextRead:
			m.lookAfter(t)
		case t.Finding.Effect != NotYet && !t.ReadBack:
			m.conclude(i, t.Finding)
			i--
		case !t.ReadBack && m.now.Mono-t.Answered.Mono >= m.set.row(t.Plan.Kind).Watch:
			m.conclude(i, Finding{Effect: Inconclusive, Why: t.Finding.Why, Facts: t.Finding.Facts})
			i--
		case m.set.row(t.Plan.Kind).LooksAfter && m.now.Hand >= t.nextRead:
			m.lookAfter(t)
		}
	}
}

// lookAfter reads what tells the outcome of an action, if no such reading is on
// its way.
func (m *machine) lookAfter(t *Trial) {
	t.nextRead = m.now.Hand + readBackEvery
	if t.look != "" && m.now.Hand-t.lookedAt <= readFor {
		return
	}
	t.look, t.lookedAt = m.reread("outcome", t.Plan.Ask), m.now.Hand
}

// lookedAfter gives a trial what its Look found.
func (m *machine) lookedAfter(w Seen) {
	for i := range m.Trials {
		if t := &m.Trials[i]; t.look != "" && t.look == w.For {
			t.look, t.Looked, t.LookFailed = "", w.World.Looked, w.World.LookFailed
		}
	}
}

// seenTrials judges them by the newest world.
func (m *machine) seenTrials() {
	scene := m.scene(m.now)
	for i := 0; i < len(m.Trials); i++ {
		t := &m.Trials[i]
		row := m.set.row(t.Plan.Kind)
		if t.ReadBack && t.Superseded {
			continue // it ends with the next pass
		}
		if t.ReadBack {
			f := row.ReadBack(t, scene)
			t.Finding = f
			m.tell(t)
			if f.Effect != NotYet {
				m.settle(i, f)
				i = -1 // others may have ended with it
			}
			continue
		}
		if t.Finding.Effect != NotYet {
			continue
		}
		f := row.Judge(t, scene)
		t.Finding = f
		m.tell(t)
		if f.Effect != NotYet {
			m.conclude(i, f)
			i--
		}
	}
}

// tell shows the newest finding where somebody looks.
func (m *machine) tell(t *Trial) {
	if d := m.dialogOf(t.Action); d != nil {
		d.Finding, d.Took, d.FoundAt = t.Finding, m.now.Mono-t.Answered.Mono, m.now.Mono
	}
}

// settle ends the reading back of an outcome.
func (m *machine) settle(i int, f Finding) {
	t := m.Trials[i]
	m.Trials = append(m.Trials[:i:i], m.Trials[i+1:]...)
	t.Finding = f
	m.tell(&t)
	after := m.now.Mono - t.Answered.Mono
	var change func(*cluster.ActionStep)
	if f.Effect == Applied {
		change = m.took(&t)
	}
	m.effect(t.Plan, t.Action, f, after, true, change)
	if f.Effect != Unknown {
		m.close(t.Action)
	}
	d := m.dialogOf(t.Action)
	judged := f.Effect == Applied && m.set.row(t.Plan.Kind).Judge != nil
	if judged {
		t.ReadBack, t.Finding = false, Finding{}
		m.Trials = append(m.Trials, t)
	}
	switch {
	case d == nil:
	case judged, f.Effect == Applied && m.ramps(t.Action):
		d.Phase = Verifying
	default:
		d.Phase = Ended
	}
	if m.ramps(t.Action) {
		m.climbSettled(f)
	}
}

// conclude records what an action did.
func (m *machine) conclude(i int, f Finding) {
	t := m.Trials[i]
	m.Trials = append(m.Trials[:i:i], m.Trials[i+1:]...)
	t.Finding = f
	m.tell(&t)
	m.effect(t.Plan, t.Action, f, m.now.Mono-t.Answered.Mono, true, nil)
	if d := m.dialogOf(t.Action); d != nil {
		d.Phase = Ended
	}
}
