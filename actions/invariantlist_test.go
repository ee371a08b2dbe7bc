package actions

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
)

// moment is one event with what came of it.
type moment struct {
	*chaos
	before, after State
	event         What
	out           []Do
}

// sends are the requests that begin at this moment.
func (m moment) sends() []Send {
	var list []Send
	for _, d := range m.out {
		if s, ok := d.(Send); ok {
			list = append(list, s)
		}
	}
	return list
}

func (m moment) intents() []WriteIntent {
	var list []WriteIntent
	for _, d := range m.out {
		if s, ok := d.(WriteIntent); ok {
			list = append(list, s)
		}
	}
	return list
}

// planOf is the plan that an action is of.
func planOf(action string) string {
	id, _, _ := strings.Cut(action, ".")
	return id
}

// invariants are what must be true whatever happens, and in whatever order. I4
// (no actuator where it is read-only) and I14 (no secret in any output) are of
// the wiring: TestNothingCanActWhereItIsReadOnly, TestNoSecretInAnyOutput.
var invariants = []struct {
	name, words string
	check       func(moment) error
}{
	{"I1", "nothing is sent before its intent is on disk", func(m moment) error {
		for _, s := range m.sends() {
			if !m.recorded[s.Action] {
				return fmt.Errorf("%s has no intent", s.Action)
			}
		}
		return nil
	}},
	{"I2", "what is sent is what was shown, to the byte", checkBytes},
	{"I3", "each action is sent once", func(m moment) error {
		for _, s := range m.sends() {
			if m.sentAt[s.Action] {
				return fmt.Errorf("%s is sent again", s.Action)
			}
		}
		return nil
	}},
	{"I5", "one request is on its way at most", func(m moment) error {
		if n := m.flying + len(m.sends()); n > 1 {
			return fmt.Errorf("%d are", n)
		}
		return nil
	}},
	{"I6", "no key confirms what was not looked at for the guard time", checkGuard},
	{"I7", "a paste does nothing but disarm", func(m moment) error {
		if _, ok := m.event.(Paste); !ok || m.after.Dialog == nil {
			return nil
		}
		d := m.after.Dialog
		if len(m.sends())+len(m.intents()) > 0 || d.Phase.Pending() && (d.Typed != "" || d.Phase == Armed || d.Phase == Rechecking) {
			return fmt.Errorf("%s, %q", d.Phase, d.Typed)
		}
		return nil
	}},
	{"I8", "nothing is sent to another target than was shown", func(m moment) error {
		for _, s := range m.sends() {
			p, q := m.shown[planOf(s.Action)].Target, m.after.Flight.Plan.Target
			if p.ID != q.ID || p.Cluster != q.Cluster || p.Primary != q.Primary || p.Peer != (admin.Peer{}) && p.Peer != s.Peer {
				return fmt.Errorf("%+v was shown, %+v is sent to", p, q)
			}
		}
		return nil
	}},
	{"I9", "what was sent is never called cancelled or not sent, and nothing else is called sent", checkVerdict},
	{"I10", "an intent has one outcome at most", func(m moment) error {
		for _, d := range m.out {
			if w, ok := d.(WriteRecord); ok && w.Record.Outcome != nil && len(m.outcomes[w.Record.Outcome.Action]) > 0 {
				return fmt.Errorf("%s has another", w.Record.Outcome.Action)
			}
		}
		return nil
	}},
	{"I11", "an effect is told by readings newer than the answer", checkNewer},
	{"I12", "what is not known or not fresh satisfies no gate", checkGate},
	{"I13", "a ramp sends its steps in order, and one step back at most", checkClimb},
	{"I15", "no control byte is in what is shown", checkShown},
	{"I16", "esc before the intent leaves no effect", func(m moment) error {
		k, ok := m.event.(Key)
		if !ok || k.Name != "esc" || m.before.Dialog == nil || !m.before.Dialog.Phase.Pending() {
			return nil
		}
		if len(m.sends())+len(m.intents()) > 0 || m.after.Dialog != nil {
			return errors.New("it goes on")
		}
		return nil
	}},
	{"I17", "an empty target and a number that is none have no plan", func(m moment) error {
		d := m.after.Dialog
		if d == nil || d.Plan == nil {
			return nil
		}
		p := d.Plan
		if p.Limit < 0 || p.Limit == 0 && p.Target.ID == "" {
			return fmt.Errorf("%+v", p.Ask)
		}
		return nil
	}},
}

func checkBytes(m moment) error {
	for _, s := range m.sends() {
		p := m.shown[planOf(s.Action)]
		deeds := []Deed{p.Deed}
		if p.Ramp != nil {
			if deeds = p.Ramp.Deeds; p.Ramp.Back != nil {
				deeds = append(slices.Clone(deeds), p.Ramp.Back)
			}
		}
		if p.Deed == nil || !slices.ContainsFunc(deeds, func(d Deed) bool { return d.Digest() == s.Deed.Digest() }) || s.Confirmed != s.Deed.Digest() {
			return fmt.Errorf("%v was shown, %v is sent", p.Deed, s.Deed)
		}
	}
	return nil
}

// checkGuard looks at each key that begins the last check.
func checkGuard(m moment) error {
	k, ok := m.event.(Key)
	d := m.before.Dialog
	if s, said := m.event.(Say); said && m.after.Dialog != nil && d.Phase == Preview && m.after.Dialog.Phase == Rechecking && s.Shown != d.Shown {
		return errors.New("another plan was printed")
	}
	if !ok || d == nil || m.after.Dialog == nil || d.Phase == Rechecking || m.after.Dialog.Phase != Rechecking {
		return nil
	}
	at, looked := m.painted[d.Shown]
	switch {
	case !looked || m.now().Hand-at < guardTime:
		return errors.New("it was not looked at")
	case k.Name != "y" && k.Name != "enter", k.Name == "enter" && d.Typed != d.Plan.Word, k.Repeat:
		return fmt.Errorf("%q confirms with %q typed", k.Name, d.Typed)
	case !d.Plan.Blocked.IsZero():
		return fmt.Errorf("it is blocked: %s", d.Plan.Blocked)
	}
	return nil
}

func checkVerdict(m moment) error {
	for _, d := range m.out {
		w, ok := d.(WriteRecord)
		switch {
		case !ok:
		case w.Record.Outcome != nil && !m.sentAt[w.Record.Outcome.Action]:
			if o := w.Record.Outcome; o.Verdict != string(admin.NotSent) {
				return fmt.Errorf("%s is %s, and was never sent", o.Action, o.Verdict)
			}
		case w.Record.Outcome != nil && m.sentAt[w.Record.Outcome.Action]:
			if o := w.Record.Outcome; o.Verdict != string(m.answers[o.Action]) {
				return fmt.Errorf("%s is %s, and was %s", o.Action, o.Verdict, m.answers[o.Action])
			}
		case w.Record.NearMiss != nil && m.sentAt[w.Record.NearMiss.Plan]:
			return fmt.Errorf("%s is a near miss: %s", w.Record.NearMiss.Plan, w.Record.NearMiss.Why)
		}
	}
	return nil
}

// checkNewer looks at each word on an effect: what it was judged by, and that the
// cluster was read at all since the answer, whatever the clocks say.
func checkNewer(m moment) error {
	for _, d := range m.out {
		w, ok := d.(WriteRecord)
		if !ok || w.Record.Effect == nil {
			continue
		}
		e := w.Record.Effect
		answered := m.answered[e.Action]
		stepped := m.now().Wall.Sub(answered.Wall) - (m.now().Mono - answered.Mono) // of the clock, since then
		ofRamp := m.climbs[e.Action] != nil && len(e.Facts) == 0                    // the whole ramp's, by its gates
		switch Effect(e.Verdict) {
		case Applied, NotApplied:
		case Effective, NoEffect, Regressed:
			if ofRamp {
				continue
			}
			s := m.after.World.Snapshot
			newest := s.Primary.Metrics.Newest
			if w.Copy.Kind.String() == string(KindReset) {
				newest = s.Primary.Admin.Newest
			}
			if !newest.After(answered.Wall.Add(stepped+s.Interval)) || m.scraped <= answered.Mono {
				return fmt.Errorf("%s: answered at %v, the newest reading is of %v", e.Verdict, answered.Wall, newest)
			}
		default:
			continue
		}
		m.seen["effect judged"]++
		for _, f := range e.Facts {
			at := m.now().Wall.Add(-f.Age)
			if f.Age > 0 && !at.After(answered.Wall) && stepped == 0 { // else ages tell nothing
				return fmt.Errorf("%s by the %s of %v: answered at %v", e.Verdict, f.Name, at, answered.Wall)
			}
		}
	}
	return nil
}

// checkGate looks at each step up of a ramp.
func checkGate(m moment) error {
	c := m.after.Climb
	intents := m.intents()
	if c == nil || len(intents) == 0 || planOf(intents[0].Intent.Action) != c.Action || len(m.climbs[c.Action]) == 0 || !c.Back.IsZero() {
		return nil
	}
	m.seen["a ramp went on"]++
	s := m.after.World.Snapshot
	if !s.Primary.Metrics.Reachable {
		return errors.New("the primary is not known")
	}
	for i := range s.Replicas {
		r := &s.Replicas[i]
		if v, ok := r.Lag.Seconds.Value(); !ok || r.Lag.State != cluster.LagLive || v > s.Session.Thresholds.Warning.Seconds() || r.Breaker.State == cluster.BreakerTripped {
			return fmt.Errorf("%s: %v, %s", r.Name, v, r.Lag.State)
		}
	}
	return nil
}

func checkClimb(m moment) error {
	for _, s := range m.sends() {
		id := planOf(s.Action)
		list := m.climbs[id]
		if !m.after.Flight.ofRamp || len(list) == 0 {
			continue
		}
		steps, n := m.shown[id].Ramp.Steps, m.after.Flight.Plan.Limit
		at, last := slices.Index(steps, n), slices.Index(steps, list[len(list)-1])
		back := !slices.IsSorted(list)
		switch ramp := m.shown[id].Ramp; {
		case ramp.Back != nil && n == ramp.Below && last == 0 && len(list) == 1:
			m.seen["a ramp went back to what was before"]++
		case at < 0 || back:
			return fmt.Errorf("%d after %v", n, list)
		case at == last-1:
			m.seen["a ramp stepped back"]++
		case at != last+1:
			return fmt.Errorf("%d after %v", n, list)
		}
	}
	return nil
}

func checkShown(m moment) error {
	for _, t := range m.after.Busy(m.now()) {
		if control(t.String()) {
			return fmt.Errorf("%q", t)
		}
	}
	d := m.after.Dialog
	if d == nil {
		return nil
	}
	texts := []cluster.Text{d.Note, d.Finding.Why}
	if d.Refusal != nil {
		texts = append(texts, d.Refusal.Why, d.Refusal.Hint)
	}
	if d.Plan != nil {
		for _, l := range d.Plan.Lines() {
			texts = append(texts, l.Text, cluster.Clean(l.Name))
			if control(l.Name) {
				return fmt.Errorf("%q", l.Name)
			}
		}
	}
	for _, c := range d.Changed {
		texts = append(texts, c.Words())
	}
	for _, t := range texts {
		if control(t.String()) {
			return fmt.Errorf("%q", t)
		}
	}
	return nil
}
