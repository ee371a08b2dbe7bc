package tui

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// frame is what the screen shall show: lines of w cells and where the text
// cursor stands, if anywhere.
type frame struct {
	content string
	w, h    int
	cursor  *point // nil hides it
	shown   uint64 // which state of an action's dialog is in it whole; 0 for none
}

// point is a cell of the screen, from the top left, 0 based.
type point struct{ x, y int }

// painter turns frames into the bytes that change a terminal from one to the
// next. It knows what the terminal shows, and nothing of the terminal itself.
type painter struct {
	profile colorprofile.Profile
	sync    bool // wrap frames in synchronized updates (mode 2026)

	w, h    int // 0 before the first frame: the terminal's state is unknown
	lines   []string
	cells   [][]cell
	spare   []cell // memory of the line before
	cursor  *point
	looks   map[string]string // style as drawn -> as this terminal can show it
	pen     string            // style in force
	at      point             // where the terminal's cursor stands
	certain bool              // whether at is known
	buf     bytes.Buffer
}

// gap is the longest stretch of unchanged cells that is rewritten rather than
// jumped over: a jump costs up to eight bytes.
const gap = 5

// forget makes the next frame be painted whole.
func (p *painter) forget() { p.w, p.h, p.lines, p.cells = 0, 0, nil, nil }

// paint returns what to write so that the terminal shows f; nil if it does.
func (p *painter) paint(f frame) []byte {
	p.buf.Reset()
	if p.sync {
		p.buf.WriteString(ansi.SetModeSynchronizedOutput)
	}
	start := p.buf.Len()
	p.pen, p.certain = "", false
	if f.w != p.w || f.h != p.h {
		p.clear(f.w, f.h)
	}
	rest := f.content
	for y := range f.h {
		line, tail, _ := strings.Cut(rest, "\n")
		rest = tail
		p.line(y, line)
	}
	p.setPen("")
	p.place(f.cursor, p.buf.Len() > start)
	if p.buf.Len() == start {
		return nil
	}
	if p.sync {
		p.buf.WriteString(ansi.ResetModeSynchronizedOutput)
	}
	return p.buf.Bytes()
}

// clear empties the terminal, whatever it shows, for frames of w by h.
func (p *painter) clear(w, h int) {
	p.buf.WriteString(ansi.ResetStyle + ansi.HideCursor + ansi.EraseEntireScreen)
	p.w, p.h, p.cursor = w, h, nil
	p.lines = make([]string, h)
	p.cells = make([][]cell, h)
	for y := range h {
		p.cells[y] = readCells(nil, "", w)
	}
}

// line paints what differs in line y.
func (p *painter) line(y int, line string) {
	if line == p.lines[y] {
		return
	}
	was, is := p.cells[y], readCells(p.spare, line, p.w)
	for x := 0; x < p.w; {
		if is[x] == was[x] {
			x++
			continue
		}
		end := changed(was, is, x)
		p.run(y, x, end, is)
		x = end
	}
	p.lines[y], p.cells[y], p.spare = line, is, was
}

// changed returns where the run of changes that begins at x ends, short gaps
// included. A wide cluster is never cut.
func changed(was, is []cell, x int) int {
	end := x + 1
	for i := end; i < len(is) && i < end+gap; i++ {
		if is[i] != was[i] {
			end = i + 1
		}
	}
	for end < len(is) && is[end].text == "" {
		end++
	}
	return end
}

// run writes the cells from x to end of line y.
func (p *painter) run(y, x, end int, is []cell) {
	for x > 0 && is[x].text == "" { // from the beginning of a wide cluster
		x--
	}
	for ; x < end; x++ {
		c := is[x]
		if c.text == "" {
			continue
		}
		p.move(point{x, y})
		p.setPen(c.style)
		p.buf.WriteString(c.text)
		p.at.x++
		p.certain = sure(c.text)
	}
}

// move puts the terminal's cursor where it does not stand yet.
func (p *painter) move(to point) {
	if p.certain && p.at == to {
		return
	}
	p.buf.WriteString("\x1b[")
	p.number(to.y + 1)
	p.buf.WriteByte(';')
	p.number(to.x + 1)
	p.buf.WriteByte('H')
	p.at, p.certain = to, true
}

func (p *painter) number(n int) {
	p.buf.Write(strconv.AppendInt(p.buf.AvailableBuffer(), int64(n), 10))
}

// setPen changes the style in force, by a reset and the whole new style: two
// styles have no cheaper difference in general.
func (p *painter) setPen(style string) {
	if style == p.pen {
		return
	}
	p.pen = style
	p.buf.WriteString(ansi.ResetStyle)
	p.buf.WriteString(p.look(style))
}

// look returns style within the colours that the terminal has.
func (p *painter) look(style string) string {
	if p.profile == colorprofile.TrueColor || style == "" {
		return style
	}
	look, ok := p.looks[style]
	if !ok {
		var b bytes.Buffer
		w := colorprofile.Writer{Forward: &b, Profile: p.profile}
		_, _ = w.WriteString(style) // a buffer takes all
		look = b.String()
		if p.looks == nil {
			p.looks = make(map[string]string)
		}
		p.looks[style] = look
	}
	return look
}

// place shows the text cursor at c, or hides it. moved says that the terminal's
// cursor may have left its place since the frame before.
func (p *painter) place(c *point, moved bool) {
	if c == nil {
		if p.cursor != nil {
			p.buf.WriteString(ansi.HideCursor)
		}
		p.cursor = nil
		return
	}
	c = &point{min(max(c.x, 0), p.w-1), min(max(c.y, 0), p.h-1)}
	if p.cursor != nil && *p.cursor == *c && !moved {
		return
	}
	p.certain = false
	p.move(*c)
	if p.cursor == nil {
		p.buf.WriteString(ansi.ShowCursor)
	}
	p.cursor = c
}
