package main

import (
	"bytes"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// The painter wraps each frame in a synchronized update: its end is the instant
// at which a terminal shows it.
const frameEnds = ansi.ResetModeSynchronizedOutput

// display is what a terminal shows of the program's output, as far as the
// program makes use of one: text, cursor positions and erasing.
type display struct {
	mu     sync.Mutex
	w, h   int
	cells  [][]string
	x, y   int
	rest   []byte // of a frame that has not ended
	state  byte   // of the decoder
	bytes  int
	frames int
	at     time.Time // of the newest output
	first  time.Time // frame with text on it
}

func newDisplay(w, h int) *display {
	d := &display{}
	d.resize(w, h)
	return d
}

// resize empties the display, since the program paints all of it anew.
func (d *display) resize(w, h int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.w, d.h, d.cells = w, h, make([][]string, h)
	d.erase()
}

func (d *display) erase() {
	for y := range d.cells {
		d.cells[y] = strings.Split(strings.Repeat(" ", d.w), "")
	}
}

// feed takes output that came in at an instant. Only whole frames are shown.
func (d *display) feed(b []byte, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bytes += len(b)
	d.at = at
	d.rest = append(d.rest, b...)
	for {
		i := bytes.Index(d.rest, []byte(frameEnds))
		if i < 0 {
			return
		}
		i += len(frameEnds)
		d.interpret(d.rest[:i])
		d.rest = append([]byte(nil), d.rest[i:]...)
		d.frames++
		if d.first.IsZero() && strings.TrimSpace(d.text()) != "" {
			d.first = at
		}
	}
}

func (d *display) interpret(b []byte) {
	p := ansi.GetParser()
	defer ansi.PutParser(p)
	for len(b) > 0 {
		seq, width, n, state := ansi.DecodeSequence(b, d.state, p)
		switch {
		case width > 0:
			d.put(string(seq), width)
		case ansi.HasCsiPrefix(seq):
			d.control(p)
		}
		b, d.state = b[n:], state
	}
}

func (d *display) put(cluster string, width int) {
	for i := range width {
		if d.y < d.h && d.x+i < d.w {
			d.cells[d.y][d.x+i] = cluster
			cluster = ""
		}
	}
	d.x += width
}

func (d *display) control(p *ansi.Parser) {
	switch p.Command() {
	case 'H':
		row, _ := p.Param(0, 1)
		column, _ := p.Param(1, 1)
		d.x, d.y = column-1, row-1
	case 'J':
		d.erase()
	}
}

func (d *display) text() string {
	var b strings.Builder
	for _, line := range d.cells {
		b.WriteString(strings.TrimRight(strings.Join(line, ""), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// seen is how far the output has come.
type seen struct {
	bytes, frames int
	at, first     time.Time
	text          string
}

func (d *display) now() seen {
	d.mu.Lock()
	defer d.mu.Unlock()
	text := d.text()
	if d.frames == 0 { // words of a program that never came to draw
		text = string(d.rest)
	}
	return seen{d.bytes, d.frames, d.at, d.first, text}
}

// written is now without the text, for those who ask often.
func (d *display) written() (bytes int, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.bytes, d.at
}
