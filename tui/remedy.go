package tui

import (
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/stemedb/stemetop/actions"
	"github.com/stemedb/stemetop/panes"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Actor can change the cluster. An *actions.Runner is one. Its methods don't
// block.
type Actor interface {
	Do(actions.What)
	State() actions.State
	Table() []actions.Action
	Now() actions.Now
}

// actKeys are the keys of actions. They stand in the table whether or not there is
// an actuator: where there is none they say why.
func actKeys() []binding {
	const group = "act"
	var list []binding
	for _, a := range actions.Table() {
		kind, brief := a.Kind, a.Brief
		list = append(list, binding{
			group,
			[]string{a.Key},
			a.Key, 3, brief, a.Help, (*model).canAct,
			func(m *model, _ string) tea.Cmd { return m.begin(kind) },
		})
	}
	return append(list, binding{
		group, []string{"x"}, "x", 3, "actions", "all actions, outcomes that are not known, the end of a ramp", (*model).canAct, (*model).openActions,
	})
}

// canAct tells whether an action could be asked for now: on what the screen shows
// nothing is decided unless it is the present.
func (m *model) canAct() bool { return m.o.Actions != nil && m.cursor.mode == panes.Live }

// whyNot says why a key of the table does nothing now.
func (m *model) whyNot(b *binding) {
	switch {
	case b.group != "act":
		m.say(notNow[b.shown])
	case m.cursor.mode == panes.Replay:
		m.say("a recording can't be changed")
	case m.o.Actions == nil:
		m.say("READ-ONLY: nothing can be changed from here")
	default:
		m.say("the screen shows the past: space first, then " + b.shown)
	}
}

// remedy is the dialog of an action. What it is and does is the actuator's; this
// hands it the keys, and draws it.
type remedy struct {
	rate  string // as typed so far
	shown string // what was drawn last
	fits  bool   // as the actuator was told
	told  bool   // whether it was
}

// rated tells whether digits choose a rate now.
func (m *model) rated(d *actions.Dialog) bool {
	return d.Phase == actions.Preview && slices.ContainsFunc(m.o.Actions.Table(), func(a actions.Action) bool {
		return a.Kind == d.Ask.Kind && a.Needs == actions.NeedsRate
	})
}

func (r *remedy) key(m *model, k tea.KeyPressMsg) bool {
	d := m.o.Actions.State().Dialog
	if d == nil {
		return true
	}
	name := k.String()
	if m.rated(d) && r.choose(m, name) {
		return false
	}
	if name == "q" && (d.Phase == actions.Recording || d.Phase == actions.Sending) { // nothing is typed there
		m.run(func(m *model) tea.Cmd { return m.end(nil) })
		return false
	}
	m.o.Actions.Do(actions.Key{Name: name, Repeat: k.IsRepeat})
	return m.o.Actions.State().Dialog == nil
}

// maxDigits is the length of the highest rate that can be typed.
const maxDigits = 8

// choose takes a key that chooses a rate.
func (r *remedy) choose(m *model, name string) bool {
	switch {
	case len(name) == 1 && name[0] >= '0' && name[0] <= '9':
		if rate := strings.TrimLeft(r.rate+name, "0"); len(rate) <= maxDigits {
			r.rate = rate
		}
	case name == "backspace":
		r.rate = r.rate[:max(len(r.rate)-1, 0)]
	case name == "+" || name == "=" || name == "up":
		r.rate = ""
		m.o.Actions.Do(actions.Choose{By: 1})
		return true
	case name == "-" || name == "down":
		r.rate = ""
		m.o.Actions.Do(actions.Choose{By: -1})
		return true
	default:
		return false
	}
	n, _ := strconv.ParseInt(r.rate, 10, 64) // none is 0, for the suggested one
	m.o.Actions.Do(actions.Choose{N: n})
	return true
}

func (*remedy) paste(m *model, _ string) { m.o.Actions.Do(actions.Paste{}) }

func (r *remedy) draw(m *model, w, h int) box {
	s := m.o.Actions.State()
	b, fits := m.drawRemedy(&s, w, h)
	r.shown = strings.Join(b.lines, "\n")
	if !r.told || fits != r.fits {
		r.told, r.fits = true, fits
		m.o.Actions.Do(actions.Fit{OK: fits})
	}
	if fits && s.Dialog != nil {
		b.shown = s.Dialog.Shown
	}
	return b
}

// actedMsg says that the actuator's state is another one.
type actedMsg struct{}

func (m *model) waitActed() tea.Cmd {
	if m.o.Acted == nil {
		return nil
	}
	return guarded(func() tea.Msg {
		select {
		case <-m.o.Acted:
			return actedMsg{}
		case <-m.ctx.Done():
			return nil
		}
	})
}

// acted draws what is new of an action, if it is seen. A dialog that ended by
// itself goes.
func (m *model) acted() tea.Cmd {
	var cmd tea.Cmd
	if r, ok := m.overlay.(*remedy); ok {
		s := m.o.Actions.State()
		if s.Dialog == nil {
			cmd = m.close()
			m.dirty = true
		} else if b, _ := m.drawRemedy(&s, m.w, m.h); strings.Join(b.lines, "\n") != r.shown || s.Dialog.Shown != m.drawn.shown {
			m.dirty = true
		}
	}
	return tea.Batch(cmd, m.waitActed())
}

// focused hands on whether the terminal has the focus: who looks elsewhere does
// not confirm.
func (m *model) focused(on bool) {
	if m.o.Actions != nil {
		m.o.Actions.Do(actions.Focus{On: on})
	}
}

// painted tells the actuator what is on the screen. It is called by who writes
// to the terminal, from another goroutine.
func (o *Options) painted(shown uint64) {
	if o.Actions != nil && shown > 0 {
		o.Actions.Do(actions.Painted{Shown: shown})
	}
}

// doing is what goes on now, for the status line.
func (m *model) doing() cluster.Text {
	if m.o.Actions == nil {
		return cluster.Text{}
	}
	s := m.o.Actions.State()
	switch {
	case s.Flight != nil:
		if !s.Flight.Sending {
			return cluster.Clean("writing to the audit journal: " + s.Flight.Plan.Title.String())
		}
		return cluster.Clean("waiting for the answer to: " + s.Flight.Plan.Title.String())
	case s.Climb != nil:
		return cluster.Clean("ramp: " + s.Climb.Words(m.o.Actions.Now()))
	case len(s.Trials) > 0:
		t := &s.Trials[len(s.Trials)-1]
		text := "verifying: " + t.Plan.Title.String()
		if !t.Finding.Why.IsZero() {
			text += ": " + t.Finding.Why.String()
		}
		return cluster.Clean(text)
	case s.Peace(m.o.Actions.Now()) > 0:
		return cluster.Clean(peaceWords(s.Peace(m.o.Actions.Now())))
	case len(s.Open) > 0:
		return cluster.Clean("not known what became of: " + s.Open[0].Title.String() + " (x to say)")
	case !s.Journal.IsZero():
		return cluster.Clean("audit journal: " + s.Journal.String())
	case !s.Damage.IsZero():
		return cluster.Clean("audit journal: " + s.Damage.String())
	case s.Unrecorded:
		return cluster.Clean("UNRECORDED: the audit journal can't be written")
	}
	return cluster.Text{}
}
