package actions

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// readFor is how long facts are waited for, by the hand's clock, and firstFor how
// long what a plan can't be made without: the connection to a host that has too
// much to do, which is why somebody looks, may take some seconds alone.
const (
	readFor  = 6 * time.Second
	firstFor = 9 * time.Second
)

// propose opens a dialog. One that is still to be confirmed, or whose request is
// on its way, is not replaced.
func (m *machine) propose(w Propose) {
	if d := m.Dialog; d != nil && (d.Phase.Pending() && d.Phase != Refused || d.Phase == Recording || d.Phase == Sending) {
		d.Note = cluster.Clean("esc first: this one is still open")
		return
	}
	m.guard.blurred = false // a key came, so it has the focus
	m.guard.last, m.guard.any = m.now.Hand, true
	d := &Dialog{ID: w.ID, Ask: w.Ask, opened: m.now.Hand, touched: m.now.Hand, asked: m.now.Hand, Reading: true}
	m.Dialog = d
	if a := m.set.row(w.Ask.Kind); a != nil && a.Look != nil {
		d.Phase = Looking
		m.show()
	} else {
		m.plan()
	}
	if d.Phase != Refused {
		d.check = m.read("plan", ReadFacts{Ask: d.Ask, Within: firstFor - time.Second}) // less, for the reason why it failed to be heard
	}
}

// plan makes the dialog's plan of the present world.
func (m *machine) plan() {
	d := m.Dialog
	p, r := m.scene(m.now).propose(d.Ask)
	if r != nil {
		m.refused(r)
		return
	}
	p.ID = d.ID
	d.Plan, d.Ask, d.Phase = p, p.Ask, Preview
	m.show()
}

// choose shows the plan of another rate, to be looked at as the first one was.
func (m *machine) choose(w Choose) {
	d := m.Dialog
	if d == nil || d.Phase != Preview || !m.set.row(d.Ask.Kind).rated() || w.N < 0 || w.N > maxRate {
		return
	}
	m.guard.key(m.now.Hand)
	d.touched = m.now.Hand
	n := w.N
	if n == 0 && w.By != 0 {
		n = m.scene(m.now).stepFrom(d.Ask.N, w.By)
	}
	d.Ask.N, d.Changed, d.Note = n, nil, cluster.Text{}
	m.plan()
}

func (m *machine) refused(r *Refusal) {
	d := m.Dialog
	m.nearMiss("refused", r.Why.String())
	d.Phase, d.Refusal, d.Disarms, d.Reading, d.Note = Refused, r, 0, false, cluster.Text{}
	m.show()
}

// show makes the guard begin anew: there is something else to look at.
func (m *machine) show() {
	m.shown++
	m.Dialog.Shown, m.Dialog.painted = m.shown, -1
}

func (m *machine) paintedAt(shown uint64) {
	if d := m.Dialog; d != nil && d.Shown == shown && d.painted < 0 {
		d.painted = m.now.Hand
	}
}

// passDialog does what is due by the time alone.
func (m *machine) passDialog() {
	d := m.Dialog
	if d == nil {
		return
	}
	switch {
	case d.Disarms > 0 && m.now.Hand >= d.Disarms:
		m.disarm("disarmed: nothing was pressed for " + armedFor.String())
	case d.Phase == Rechecking && m.now.Hand-d.asked > readFor:
		m.disarm("it could not be checked again within " + readFor.String())
	case d.Phase == Looking && m.now.Hand-d.asked > firstFor:
		m.refused(refuse("what the plan needs could not be read within "+firstFor.String(), "stemetop doctor says what of the host answers"))
	case d.Phase != Looking && d.Reading && m.now.Hand-d.asked > readFor:
		d.Reading = false
	case d.Phase.Pending() && d.Phase != Refused && m.now.Hand-d.touched > dialogFor:
		m.cancel("nothing was pressed for " + dialogFor.String())
	}
}

// seenDialog compares what is shown with what is known now.
func (m *machine) seenDialog(answer string) {
	d := m.Dialog
	if d == nil || !d.Phase.Pending() || d.Phase == Refused {
		return
	}
	mine := answer != "" && answer == d.check
	if mine {
		d.Reading = false
	}
	switch {
	case d.Phase == Looking && mine:
		m.plan()
	case d.Phase == Rechecking && mine:
		m.recheck()
	case d.Phase == Preview || d.Phase == Armed:
		m.renew(mine)
	}
}

// renew shows the plan by the present world. What differs in a way that matters
// disarms, and has to be looked at first. The first reading of the limit does
// not: it was announced.
func (m *machine) renew(first bool) {
	d := m.Dialog
	p, r := m.scene(m.now).propose(d.Ask)
	if r != nil {
		m.refused(r)
		return
	}
	p.ID = d.ID
	if d.Phase == Armed { // or a letter of the word that is being typed could be the key that confirms
		p.raise(d.Plan.Tier, d.Plan.TierIs.String())
	}
	list := changes(d.Plan, p)
	blocked := !p.Blocked.IsZero() && d.Plan.Blocked.IsZero()
	d.Plan = p
	switch {
	case len(list) == 0 && !blocked:
		return
	case !first:
		d.Changed = list
	}
	if blocked {
		m.disarm(p.Blocked.String())
	} else {
		m.disarm("")
	}
	m.show()
}

// recheck goes on after all was read once more.
func (m *machine) recheck() {
	d := m.Dialog
	p, r := m.scene(m.now).propose(d.Ask)
	if r != nil {
		m.refused(r)
		return
	}
	p.ID = d.ID
	list := changes(d.Plan, p)
	seen := d.Plan.Facts
	d.Plan = p
	switch {
	case len(list) > 0:
		d.Changed = list
		m.disarm("not sent: look at what changed")
	case !p.Blocked.IsZero():
		m.disarm("not sent: " + p.Blocked.String())
	case m.Flight != nil:
		m.disarm("not sent: another request is on its way")
	default:
		m.intend(p, seen)
	}
}

// disarm goes back to the preview, from wherever something could be confirmed.
func (m *machine) disarm(why string) {
	d := m.Dialog
	if d == nil || (d.Phase != Preview && d.Phase != Armed && d.Phase != Rechecking) {
		return
	}
	d.Phase, d.Typed, d.Disarms, d.check = Preview, "", 0, orKeep(d.Reading, d.check)
	if why != "" {
		d.Note = cluster.Clean(why)
	}
	m.show()
}

func orKeep(keep bool, s string) string {
	if keep {
		return s
	}
	return ""
}

// cancel ends a dialog of which nothing was sent.
func (m *machine) cancel(why string) {
	if m.Dialog.Phase != Refused { // which is in the journal already
		m.nearMiss(m.Dialog.Phase.String(), why)
	}
	m.Dialog = nil
}
