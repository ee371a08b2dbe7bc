package actions

import (
	"strings"
	"unicode/utf8"

	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

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
		m.escape("esc")
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
func (m *machine) escape(why string) {
	d := m.Dialog
	if d == nil {
		return
	}
	switch d.Phase {
	case Looking, Refused, Preview, Armed, Rechecking, NoRecord:
		m.cancel(why)
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
	d.check = m.read("check", ReadFacts{Ask: d.Ask, Anew: true})
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
	case w.Word != d.Plan.Word && strings.TrimSpace(w.Word) != d.Plan.Word || d.Plan.Word == "":
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
