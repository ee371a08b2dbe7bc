package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/stemedb/stemetop/panes"
	"github.com/stemedb/stemetop/sources/cluster"
)

// windows are the spans of sparklines and chart.
var windows = [...]time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}

// model is the program's only tea.Model: all that the screen shows follows from
// it, and it changes in Update alone.
type model struct {
	o   Options
	ctx context.Context //nolint:containedctx // ends with the program, and with it all that waits: commands get none
	fx  effects
	err error // why the program ends; nil where it was asked to

	bindings []binding
	byKey    map[string]int

	w, h     int // cells
	profile  colorprofile.Profile
	glyphs   *panes.Glyphs
	styles   *panes.Styles
	interval time.Duration

	snap    *cluster.Snapshot // as of cursor.at; nil where nothing was known
	cursor  cursor
	rows    rows
	primary bool // the primary is looked at instead of the row below the cursor
	focus   panes.Name
	kind    kind
	scroll  [panes.NumPanes]int
	window  int // index in windows
	log     logView
	overlay overlay
	later   []tea.Cmd           // of what an overlay began
	asked   []PassphraseRequest // waiting for their dialog
	message cluster.Text        // answer to the last key

	pace   pace
	resize resize
	calm   bool // the large view was drawn less than largeCalm ago
	paste  paste

	forecasts panes.Forecasts // of snap
	measure   measuring

	dirty bool  // something that is shown has changed since drawn
	drawn frame // what the screen shows
	cache [panes.NumPanes]drawnPane
}

// effects are what the model does to the terminal besides drawing.
type effects struct {
	copy    func(text string) // into the clipboard
	repaint func()
	suspend func()
	reopen  func() // reads the keyboard anew
}

// newModel returns the model for a terminal of w by h cells with the colours of p.
func newModel(ctx context.Context, o Options, p colorprofile.Profile, w, h int, fx effects) *model {
	m := &model{
		o: o, ctx: ctx, fx: fx, w: w, h: h, profile: p, interval: o.Interval,
		glyphs: glyphsFor(o.Environ, o.ASCII), focus: panes.PaneReplicas,
		bindings: bindings(), byKey: make(map[string]int), dirty: true,
	}
	for i := range m.bindings {
		for _, k := range m.bindings[i].keys {
			m.byKey[k] = i
		}
	}
	m.styles = stylesFor(o.Theme, p, darkByEnv(o.Environ), m.glyphs)
	m.cursor.speed = realSpeed
	if o.Replay {
		m.cursor.mode, m.cursor.playing = panes.Replay, true
	}
	m.advance(0, nil)
	m.draw()
	return m
}

// Init starts what brings messages: ticks, the signal of new data, requests.
func (m *model) Init() tea.Cmd {
	return tea.Batch(m.nextTick(), m.waitChanged(), m.waitAsked(), m.waitActed())
}

// View returns the frame that Update has made last: bubbletea calls it after
// every message, and most messages change nothing that is seen.
func (m *model) View() tea.View { return tea.View{Content: m.drawn.content, AltScreen: true} }

// Update handles a message, then draws if that changed what is seen.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := m.handle(msg)
	m.refocus()
	m.measureShown()
	return m, tea.Batch(cmd, m.draw())
}

// handle routes a message: what the program is told, then data, then keys, first
// to what lies on top.
func (m *model) handle(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tickMsg:
		return m.tick(msg)
	case changedMsg:
		return m.changed(time.Time(msg))
	case soonMsg:
		return m.soon(time.Time(msg))
	case askedMsg:
		return tea.Batch(m.ask(PassphraseRequest(msg)), m.waitAsked())
	case actedMsg:
		return m.acted()
	case tea.FocusMsg:
		m.focused(true)
	case tea.BlurMsg:
		m.focused(false)
	case readyMsg:
		msg.dialog.ready = true
	case tea.WindowSizeMsg:
		return m.resized(msg.Width, msg.Height)
	case settledMsg:
		m.settled(msg)
	case calmMsg:
		m.calm = false
	case tea.BackgroundColorMsg:
		m.background(msg.IsDark())
	case resumedMsg:
		m.resumed(msg)
	case tea.PasteStartMsg, tea.PasteMsg, tea.PasteEndMsg, pasteOverMsg, pasteLostMsg:
		return m.pasted(msg)
	case tea.KeyPressMsg:
		return m.key(msg)
	case endMsg:
		m.err = msg.err
		return tea.Quit
	}
	return nil
}

// key handles a key. Ctrl-c quits from everywhere.
func (m *model) key(k tea.KeyPressMsg) tea.Cmd {
	if k.String() == "ctrl+c" {
		return m.interrupt("")
	}
	if m.paste.quiet {
		return nil
	}
	m.dirty = true
	m.message = cluster.Text{}
	if m.overlay == nil {
		return m.press(k.String())
	}
	done := m.overlay.key(m, k)
	cmds := m.later
	m.later = nil
	if done {
		cmds = append(cmds, m.close())
	}
	return tea.Batch(cmds...)
}

// say answers a key on the status line.
func (m *model) say(text string) { m.message, m.dirty = cluster.Clean(text), true }

// background takes over what the terminal says about its background.
func (m *model) background(isDark bool) {
	m.styles, m.dirty = stylesFor(m.o.Theme, m.profile, isDark, m.glyphs), true
}

// advance moves to what there is now, elapsed of real time after the last time. Snap
// is that, or nil.
func (m *model) advance(elapsed time.Duration, snap *cluster.Snapshot) {
	edge := m.cursor.edge
	if m.cursor.advance(m.o.Timeline, m.o.Clock, elapsed) || m.snap == nil {
		m.look(snap)
	}
	m.dirty = m.dirty || !m.cursor.edge.Equal(edge)
}

// look takes over what was known as of the instant shown: live the snapshot that was
// gathered, unless the screen is at a newer one.
func (m *model) look(snap *cluster.Snapshot) {
	if m.cursor.mode == panes.Live {
		if snap == nil || m.snap != nil && snap.At.Before(m.snap.At) {
			snap = m.o.Timeline.Latest(m.o.Clock.Now)
		}
		if m.snap = snap; snap != nil {
			m.cursor.at = snap.At
		}
	} else {
		m.snap = m.o.Timeline.At(m.cursor.at)
	}
	m.dirty = true
	m.rows.sort(m.snap)
}
