package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// overlay is what lies over the screen and takes all keys but ctrl-c: a dialog
// in a box, or a prompt on the last line. There is one at a time, so a key has
// one meaning.
type overlay interface {
	// key handles a key. done closes the overlay.
	key(m *model, k tea.KeyPressMsg) (done bool)
	// paste handles pasted text, which never comes as keys.
	paste(m *model, text string)
	// draw returns the overlay within w by h cells.
	draw(m *model, w, h int) box
}

// box is a drawn overlay.
type box struct {
	title  string
	lines  []string
	cursor *point // within lines; nil if nothing is typed here
	bottom bool   // on the last line of the screen, without a border
	low    bool   // above the last line rather than in the middle, so that more of the screen is seen
	shown  uint64 // see frame.shown
}

// close ends the overlay; a request for a passphrase that waited comes up.
func (m *model) close() tea.Cmd {
	m.overlay = nil
	return m.nextPassphrase()
}

// putOverlay draws the overlay, if any, and returns where its text cursor stands
// and what is to be told of it once it is on the terminal.
func (m *model) putOverlay(c *canvas) (cursor *point, shown uint64) {
	if m.overlay == nil {
		return nil, 0
	}
	h := len(c.lines)
	b := m.overlay.draw(m, c.w, h)
	if b.bottom {
		c.over(0, h-1, c.w, b.lines[0])
		return b.cursor.at(0, h-1), 0
	}
	inner := width(b.title) + 2
	for _, line := range b.lines {
		inner = max(inner, width(line))
	}
	inner = max(min(inner, c.w-4), 0)
	x, y := max((c.w-inner-4)/2, 0), max((h-len(b.lines)-2)/2, 0)
	if b.low {
		y = max(h-len(b.lines)-3, 0)
	}
	for i, line := range m.framed(b, inner) {
		c.over(x, y+i, inner+4, line)
	}
	return b.cursor.at(x+2, y+1), b.shown
}

// framed returns the lines of a box with its border, inner+4 cells wide.
func (m *model) framed(b box, inner int) []string {
	corner := [4]string{"┌", "┐", "└", "┘"}
	if m.ascii() {
		corner = [4]string{"+", "+", "+", "+"}
	}
	edge, side := string(m.glyphs.Horizontal), m.styles.Label.Render(string(m.glyphs.Vertical))
	title := " " + ansi.Truncate(b.title, max(inner-1, 0), "") + " "
	lines := []string{m.styles.Label.Render(corner[0]+edge) + m.styles.Title.Render(title) +
		m.styles.Label.Render(strings.Repeat(edge, max(inner+1-width(title), 0))+corner[1])}
	for _, line := range b.lines {
		lines = append(lines, side+" "+fitStyled(line, inner)+" "+side)
	}
	return append(lines, m.styles.Label.Render(corner[2]+strings.Repeat(edge, inner+2)+corner[3]))
}

// ascii tells whether only ASCII may be drawn.
func (m *model) ascii() bool { return m.glyphs.Vertical < 0x80 }

// fitStyled cuts or pads styled text to w cells.
func fitStyled(text string, w int) string {
	text = ansi.Truncate(text, max(w, 0), "")
	return text + ansi.ResetStyle + strings.Repeat(" ", max(w-width(text), 0))
}

// at returns the point moved by x and y; nil stays nil.
func (p *point) at(x, y int) *point {
	if p == nil {
		return nil
	}
	return &point{p.x + x, p.y + y}
}
