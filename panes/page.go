package panes

import "strings"

// page collects the lines of a pane. It holds the package's invariant: String
// returns exactly h lines of exactly w cells, whatever was put.
type page struct {
	w, h  int
	buf   []byte
	lines int   // finished
	n     int   // cells of the line begun
	base  Style // below all other styles of the line begun
	s     *Styles
	g     *Glyphs
}

// page begins a pane of w by h cells.
func (f *Frame) page(w, h int) *page {
	s := f.styles()
	w, h = max(w, 0), max(h, 0)
	// A cell is seldom more than two bytes with its share of sequences; what is
	// larger only grows once.
	return &page{w: w, h: h, s: s, g: s.Glyphs, buf: make([]byte, 0, (2*w+16)*h)}
}

// full tells whether no more line fits.
func (p *page) full() bool { return p.lines >= p.h }

// left is how many cells of the line begun are free.
func (p *page) free() int { return p.w - p.n }

// under sets the style below all that is put on the line from here on.
func (p *page) under(s Style) {
	if p.full() {
		return
	}
	p.buf = append(p.buf, p.base.Off...)
	p.base = s
	p.buf = append(p.buf, s.On...)
}

// put adds text, cut where the line ends.
func (p *page) put(s Style, text string) {
	text = printable(text)
	p.raw(s, clip(text, p.free(), p.g.Ellipsis))
}

// left adds text in a field of w cells, cut or padded.
func (p *page) left(s Style, text string, w int) {
	w = min(w, p.free())
	text = clip(printable(text), w, p.g.Ellipsis)
	p.raw(s, text)
	p.space(w - cells(text))
}

// right adds text at the right of a field of w cells, cut or padded.
func (p *page) right(s Style, text string, w int) {
	w = min(w, p.free())
	text = clip(printable(text), w, p.g.Ellipsis)
	p.space(w - cells(text))
	p.raw(s, text)
}

// raw adds printable text that fits.
func (p *page) raw(s Style, text string) {
	if p.full() || text == "" {
		return
	}
	p.n += cells(text)
	if s.On == "" {
		p.buf = append(p.buf, text...)
		return
	}
	p.buf = append(p.buf, s.On...)
	p.buf = append(p.buf, text...)
	p.buf = append(p.buf, s.Off...)
	p.buf = append(p.buf, p.base.On...)
}

// repeat adds a glyph n times, as far as the line goes.
func (p *page) repeat(s Style, r rune, n int) {
	n = min(n, p.free())
	if p.full() || n <= 0 {
		return
	}
	p.n += n
	p.buf = append(p.buf, s.On...)
	for range n {
		p.buf = appendRune(p.buf, r)
	}
	if s.On != "" {
		p.buf = append(p.buf, s.Off...)
		p.buf = append(p.buf, p.base.On...)
	}
}

// space leaves n cells free.
func (p *page) space(n int) {
	if p.full() {
		return
	}
	for range min(n, p.free()) {
		p.buf = append(p.buf, ' ')
		p.n++
	}
}

// to leaves cells free up to column x.
func (p *page) to(x int) { p.space(x - p.n) }

// end finishes the line.
func (p *page) end() {
	if p.full() {
		return
	}
	p.space(p.free())
	p.buf = append(p.buf, p.base.Off...)
	p.base, p.n = Style{}, 0
	p.lines++
	if p.lines < p.h {
		p.buf = append(p.buf, '\n')
	}
}

// line puts text on a line of its own.
func (p *page) line(s Style, text string) {
	p.put(s, text)
	p.end()
}

// paragraph puts text on as many lines as it needs and limit allows, indented.
func (p *page) paragraph(s Style, text string, indent, limit int) {
	for _, t := range wrap(printable(text), p.w-indent, min(limit, p.h-p.lines), p.g.Ellipsis) {
		p.space(indent)
		p.line(s, t)
	}
}

// tail is String of a page that was made higher than the pane: the last h lines
// up to the last one put, or the first h if those are enough.
func (p *page) tail(h int) string {
	skip := max(0, p.lines-h)
	lines := strings.Split(p.String(), "\n")
	return strings.Join(lines[skip:skip+h], "\n")
}

// String returns the pane, with empty lines where nothing was put.
func (p *page) String() string {
	for !p.full() {
		p.end()
	}
	return string(p.buf)
}
