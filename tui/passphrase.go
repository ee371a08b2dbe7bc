package tui

import (
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/stemedb/stemetop/sources/cluster"
)

// PassphraseRequest asks the person for the passphrase of an encrypted key. The
// answer is sent once; nil if there is none: refused, or the program ends. The
// receiver owns the bytes and should clear them; Answer needs a capacity of one.
type PassphraseRequest struct {
	File   cluster.Text // the key's file
	Again  bool         // the answer before did not fit
	Answer chan<- []byte
}

// settle is how long a dialog that came up by itself ignores keys: they were
// meant for what was there before.
const settle = 500 * time.Millisecond

// passphrase is the dialog that asks for one. It shows a dot for each cell.
type passphrase struct {
	request PassphraseRequest
	input   textinput.Model
	ready   bool
	problem string
}

func (p *passphrase) key(m *model, k tea.KeyPressMsg) bool {
	if !p.ready {
		return false
	}
	p.problem = ""
	switch k.String() {
	case "esc":
		p.answer(nil)
		m.say("no passphrase given for " + p.request.File.String())
		return true
	case "enter":
		p.answer([]byte(p.input.Value()))
		return true
	}
	edit(&p.input, k)
	return false
}

// paste refuses: what is pasted may be anything that was copied last.
func (p *passphrase) paste(*model, string) { p.problem = "type it: pasted text is not taken here" }

// answer hands over the passphrase and forgets it. What the widget has left in
// old memory can't be wiped; that no passphrase outlives its dialog can be had.
func (p *passphrase) answer(secret []byte) {
	p.input.Reset()
	select {
	case p.request.Answer <- secret:
	default: // nobody waits any more
	}
}

func (p *passphrase) draw(m *model, w, _ int) box {
	const prompt = "passphrase "
	room := min(w-4, 60)
	text, at := viewInput(&p.input, room-len(prompt))
	note := "enter sends it to the key, esc goes on without"
	if p.problem != "" {
		note = p.problem
	}
	return box{
		title: "encrypted key",
		lines: []string{
			m.styles.Name.Render(fit(p.request.File.String(), room)),
			m.styles.Label.Render(prompt) + m.styles.Text.Render(text),
			m.styles.Label.Render(fit(note, room)),
		},
		cursor: &point{len(prompt) + at, 1},
	}
}

// askedMsg is a request that came in.
type askedMsg PassphraseRequest

// readyMsg says that a dialog has been on screen long enough to be read.
type readyMsg struct{ dialog *passphrase }

// ask queues a request: no dialog comes up over what is being typed.
func (m *model) ask(r PassphraseRequest) tea.Cmd {
	m.asked = append(m.asked, r)
	if m.overlay != nil {
		m.say("a key needs its passphrase: close this to be asked")
		return nil
	}
	return m.nextPassphrase()
}

func (m *model) nextPassphrase() tea.Cmd {
	if m.overlay != nil || len(m.asked) == 0 {
		return nil
	}
	mask := '•'
	if m.ascii() {
		mask = '*'
	}
	d := &passphrase{request: m.asked[0], input: newInput(textinput.EchoPassword, mask)}
	if d.request.Again {
		d.problem = "that does not fit: try again, or esc"
	}
	m.asked = m.asked[1:]
	m.overlay = d
	return m.after(settle, func(time.Time) tea.Msg { return readyMsg{d} })
}

// refuse answers all requests that are left with nothing.
func (m *model) refuse() {
	if d, ok := m.overlay.(*passphrase); ok {
		d.answer(nil)
	}
	for _, r := range m.asked {
		(&passphrase{request: r}).answer(nil)
	}
	m.asked = nil
}
