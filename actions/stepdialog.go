package actions

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

// readFor is how long facts are waited for, by the hand's clock.
const readFor = 6 * time.Second

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
		d.check = m.reread("plan", d.Ask)
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
	d.Phase, d.Refusal, d.Disarms, d.Reading = Refused, r, 0, false
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
	case d.Reading && m.now.Hand-d.asked > readFor:
		d.Reading = false
		if d.Phase == Looking {
			m.refused(refuse("what the plan needs could not be read within "+readFor.String(), ""))
		}
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

// key takes a key of an open dialog.
func (m *machine) key(k Key) {
	m.guard.key(m.now.Hand)
	d := m.Dialog
	if d == nil {
		return
	}
	d.touched = m.now.Hand
	switch {
	case k.Name == "esc":
		m.escape()
	case m.guard.burst() && d.Phase.Pending() && d.Phase != Refused:
		d.ignored++
		m.disarm("keys came faster than fingers: nothing was taken of them")
	case d.Phase == Preview:
		m.keyPreview(k)
	case d.Phase == Armed && d.Plan.Tier < Dangerous:
		m.keyConfirm(k)
	case d.Phase == Armed:
		m.keyWord(k, d.Plan.Word, m.confirm)
	case d.Phase == NoRecord:
		m.keyWord(k, journal.Unrecorded, func() { m.do(Override{Word: journal.Unrecorded}) })
	case k.Name == "enter" && (d.Phase == Refused || d.Phase == Ended || d.Phase == Verifying):
		m.Dialog = nil
	case d.Phase.Pending():
		d.ignored++
	}
}

// escape always means no.
func (m *machine) escape() {
	d := m.Dialog
	switch d.Phase {
	case Looking, Refused, Preview, Armed, Rechecking, NoRecord:
		m.cancel("esc")
	case Recording:
		if m.Flight != nil {
			m.Flight.abort = true
		}
		d.Note = cluster.Clean("will not be sent")
	case Sending:
		if m.Flight != nil {
			m.do(StopWaiting{Action: m.Flight.Action})
		}
		d.Note = cluster.Clean("not waiting any more; what left is not taken back")
	case ReadingBack, Verifying, Ended:
		m.Dialog = nil
	}
}

// keyPreview takes a key of the preview: y for a light plan, else a.
func (m *machine) keyPreview(k Key) {
	d := m.Dialog
	switch {
	case k.Name == "enter":
		m.cancel("enter, which means cancel")
	case k.Name == "y" && d.Plan.Tier == Light:
		m.keyConfirm(k)
	case k.Name == "a" && d.Plan.Tier > Light:
		if m.may(k) {
			d.Phase, d.armed, d.Typed, d.Note = Armed, m.now.Hand, "", cluster.Text{}
			d.Disarms = m.now.Hand + armedFor
		}
	default:
		d.ignored++
		d.Note = cluster.Clean("esc cancels")
	}
}

// may tells whether a key may arm or confirm, and says why not.
func (m *machine) may(k Key) bool {
	d := m.Dialog
	why := m.guard.holds(d, k, m.now.Hand)
	switch {
	case why == "" && !d.Plan.Blocked.IsZero():
		why = d.Plan.Blocked.String()
	case why == "" && d.Reading && d.Phase == Preview && d.check != "":
		why = "the limit is being read"
	}
	if why != "" {
		d.ignored++
		d.Note = cluster.Clean(why)
	}
	return why == ""
}

func (m *machine) keyConfirm(k Key) {
	d := m.Dialog
	if k.Name != "y" {
		d.ignored++
		d.Note = cluster.Clean("y confirms, esc cancels")
		return
	}
	if m.may(k) {
		m.confirm()
	}
}

// keyWord takes a key of a word that is typed. Enter takes the word and nothing
// but the whole word.
func (m *machine) keyWord(k Key, word string, then func()) {
	d := m.Dialog
	switch {
	case k.Repeat:
		d.ignored++
		d.Note = cluster.Clean("a key that is held confirms nothing")
	case k.Name == "enter" && d.Typed == word:
		if m.may(k) {
			then()
		}
	case k.Name == "enter":
		m.wrong()
	case k.Name == "backspace":
		_, size := utf8.DecodeLastRuneInString(d.Typed)
		d.Typed = d.Typed[:len(d.Typed)-size]
		m.rearm()
	case k.Name == "space":
		m.typed(" ")
	case utf8.RuneCountInString(k.Name) == 1:
		m.typed(k.Name)
	default:
		d.ignored++
	}
}

// wrong counts wrong words. The third cancels.
func (m *machine) wrong() {
	d := m.Dialog
	d.tries++
	d.Typed = ""
	d.Note = cluster.Clean("not the word")
	if d.tries >= maxTries {
		m.cancel("a wrong word, three times")
	}
}

func (m *machine) typed(char string) {
	d := m.Dialog
	if m.guard.blurred || m.guard.small || m.now.Hand < m.guard.quiet || d.painted < 0 || len(d.Typed) > 256 {
		d.ignored++
		return
	}
	d.Typed += char
	d.Note = cluster.Text{}
	m.rearm()
}

func (m *machine) rearm() {
	if d := m.Dialog; d.Phase == Armed {
		d.Disarms = m.now.Hand + armedFor
	}
}

// confirm goes on to the last check.
func (m *machine) confirm() {
	d := m.Dialog
	d.confirmed, d.asked = m.now.Hand, m.now.Hand
	d.Phase, d.Disarms, d.Changed, d.Note = Rechecking, 0, nil, cluster.Text{}
	d.check = m.reread("check", d.Ask)
}

// say takes a word from a line.
func (m *machine) say(w Say) {
	d := m.Dialog
	if d == nil {
		return
	}
	d.touched = m.now.Hand
	switch {
	case d.Phase == NoRecord && w.Word == journal.Unrecorded:
		m.do(Override{Word: w.Word})
	case d.Phase != Preview:
	case w.Shown != d.Shown:
		d.Note = cluster.Clean("it is not what it was: look again")
	case strings.TrimSpace(w.Word) != d.Plan.Word || d.Plan.Word == "":
		m.cancel("another word than the target's name")
	case !d.Plan.Blocked.IsZero():
		d.Note = d.Plan.Blocked
	default:
		m.confirm()
	}
}

// paste disarms: what is pasted is no decision.
func (m *machine) paste() {
	m.guard.quiet = m.now.Hand + quarantine
	if d := m.Dialog; d != nil && d.Phase.Pending() && d.Phase != Refused {
		d.ignored++
		m.disarm("a paste is not taken: type it")
		d.Typed = ""
	}
}

func (m *machine) focus(on bool) {
	m.guard.blurred = !on
	if !on {
		m.disarm("disarmed: the terminal lost the focus")
	}
}

func (m *machine) fit(ok bool) {
	m.guard.small = !ok
	if !ok {
		m.disarm("enlarge the terminal to go on")
	}
}
