package panes

import (
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Log draws the logs of the primary and of the selected replica on one time axis,
// the newest line last: how each is had, its lines per minute as a histogram, and
// the lines, with those marked that the runbook greps for. Scroll skips lines from
// the newest back.
func Log(f *Frame, w, h int) string {
	p := f.page(w, h)
	nodes := f.logNodes()
	if len(nodes) == 0 || p.full() {
		return p.String()
	}
	for _, n := range nodes {
		p.logHead(f, n, h >= 10)
	}
	if h >= 12 {
		p.line(p.s.Label, "  "+string(p.g.WAL)+` "merkle sync"   `+string(p.g.Warn)+` "sync error"   `+
			string(p.g.Crit)+" corruption   times in UTC, ~ by a clock that was not compared")
	}
	lines, hidden := f.logLines(nodes)
	lines = lines[:len(lines)-max(0, min(f.Scroll[PaneLog], len(lines)-1))]
	if len(lines) == 0 {
		text := "no line yet"
		if hidden > 0 {
			text = "none of " + strconv.Itoa(hidden) + " lines is asked for"
		}
		p.line(p.s.Label, text)
		return p.String()
	}
	p.logRows(lines)
	return p.String()
}

// logMinutes is how far the histogram goes back, one cell a minute.
const logMinutes = 30

// logHead says how the log of a node is had, and how much it says.
func (p *page) logHead(f *Frame, n *cluster.Node, histogram bool) {
	id := min(idWidth(f.Snap, p.w), max(p.w/4, 1))
	style, text := p.logState(f, n)
	if !histogram {
		p.left(p.s.Name, n.Name.String(), id)
		p.space(1)
		p.line(style, text)
		return
	}
	p.left(p.s.Name, n.Name.String(), id)
	p.space(1)
	top := p.logHistogram(f, &n.Log)
	p.space(1)
	if len(n.Log.Minutes) == 0 && !n.Log.Reachable {
		p.line(p.s.Unknown, unknown+" lines/min")
		p.space(id + 1)
		p.line(style, text)
		return
	}
	p.put(p.s.Label, "up to "+strconv.FormatUint(top, 10)+"/min ")
	errors, warnings, left := uint64(0), uint64(0), uint64(0)
	for i := range n.Log.Minutes {
		m := &n.Log.Minutes[i]
		errors, warnings, left = errors+m.Error, warnings+m.Warn, left+m.Left
	}
	look := p.s.Text
	if errors > 0 {
		look = p.s.Warn
	}
	p.put(look, strconv.FormatUint(errors, 10)+" errors, "+strconv.FormatUint(warnings, 10)+" warnings")
	if left > 0 {
		p.put(p.s.Label, ", "+strconv.FormatUint(left, 10)+" left out")
	}
	p.end()
	p.space(id + 1)
	p.line(style, text)
}

// logState is how a log is had: its name and age, or why it is not and what to do.
func (p *page) logState(f *Frame, n *cluster.Node) (Style, string) {
	v := &n.Log
	age, ever := v.Age(f.Snap.At)
	switch {
	case !v.Configured:
		return p.s.Unknown, "no SSH target: set ssh of " + n.Name.String() + " in the configuration"
	case v.Err != nil:
		return p.s.Unknown, failureText(v.Err)
	case !ever:
		return p.s.Unknown, "not read yet"
	case !v.Reachable:
		return p.s.Unknown, v.Of.String() + ", silent for " + Age(age)
	}
	text := v.Of.String()
	switch v.Status {
	case cluster.LogEmpty:
		text += ": there, and without a line"
	case cluster.LogNoUnit, cluster.LogNoFile, cluster.LogHasLines:
		text += ": followed"
	}
	if facts := n.Host.Facts; facts != nil && facts.ClockKnown {
		text += ", its clock " + clockWords(facts)
	} else {
		text += ", its clock not compared"
	}
	if !v.GapAt.IsZero() {
		text += ", lines may be missing before " + clock(v.GapAt)
	}
	return p.s.Label, text
}

// logHistogram draws a cell per minute: as high as its lines, styled by the worst.
// A minute before the first line heard is a gap. It returns the most lines of one.
func (p *page) logHistogram(f *Frame, v *cluster.Log) (top uint64) {
	n := min(logMinutes, max(p.free()-40, 0))
	last := f.Snap.At.UTC().Truncate(time.Minute)
	cell := make([]*cluster.LogMinute, n)
	first := n
	for i := range v.Minutes {
		m := &v.Minutes[i]
		at := n - 1 - int(last.Sub(m.From)/time.Minute)
		if at < 0 || at >= n {
			continue
		}
		cell[at], first = m, min(first, at)
		top = max(top, m.Error+m.Warn+m.Other+m.Left)
	}
	for i, m := range cell {
		switch {
		case i < first:
			p.raw(p.s.Gap, string(p.g.Gap))
		case m == nil:
			p.raw(p.s.Spark, string(p.g.Spark[0]))
		default:
			style := p.s.Spark
			if m.Error > 0 {
				style = p.s.Crit
			} else if m.Warn > 0 {
				style = p.s.Warn
			}
			all := m.Error + m.Warn + m.Other + m.Left
			p.raw(style, string(p.g.Spark[max(1, level(float64(all), float64(top), len(p.g.Spark)))]))
		}
	}
	return top
}

// logRows fills the page with the newest lines, each on as many lines as it needs
// up to three.
func (p *page) logRows(lines []placedLine) {
	at, id := len("15:04:05")+1, 0
	if p.w >= 100 {
		at = len("15:04:05.000") + 1
	}
	for _, x := range lines {
		if x.l != nil {
			id = max(id, min(cells(x.of.Name.String()), 12))
		}
	}
	text := at + 1 + id + 1 + 5 + 3
	room := p.h - p.lines
	first, texts := len(lines), [][]string(nil)
	for first > 0 && room > 0 {
		x := &lines[first-1]
		if x.l == nil {
			first, room = first-1, room-1
			texts = append(texts, nil)
			continue
		}
		t := wrap(printable(x.words()), max(p.w-text, 1), min(3, room), p.g.Ellipsis)
		if len(t) == 0 {
			t = []string{""}
		}
		first, room = first-1, room-len(t)
		texts = append(texts, t)
	}
	for i := range lines[first:] {
		x := &lines[first+i]
		when := x.at.UTC().Format("15:04:05.000")[:at-1]
		if !x.placed {
			when += "~"
		}
		p.left(p.s.Label, when, at)
		p.space(1)
		if x.l == nil {
			p.repeat(p.s.Faint, p.g.Horizontal, 2)
			p.line(p.s.Label, " here we began to look; above is what stood in the logs already")
			continue
		}
		p.left(p.s.Name, x.of.Name.String(), id)
		p.space(1)
		p.left(p.levelLook(x.l.Level), x.l.Level.String(), 5)
		p.space(1)
		style, mark := p.topicLook(x.l.Topics())
		p.left(style, mark, 2)
		for j, t := range texts[len(texts)-1-i] {
			if j > 0 {
				p.to(text)
			}
			p.line(style, t)
		}
	}
}

// words are the line's, with who wrote it where that is not the database itself.
func (x *placedLine) words() string {
	if ident := x.l.Ident.String(); ident != "" && !strings.HasPrefix(ident, "stemedb") {
		return ident + ": " + x.l.Text.String()
	}
	return x.l.Text.String()
}

func (p *page) levelLook(l cluster.LogLevel) Style {
	switch {
	case l >= cluster.LevelError:
		return p.s.Crit
	case l == cluster.LevelWarn:
		return p.s.Warn
	}
	return p.s.Label
}

func (p *page) topicLook(t cluster.LogTopic) (Style, string) {
	switch {
	case t&cluster.TopicCorruption != 0:
		return p.s.Crit, string(p.g.Crit)
	case t&cluster.TopicSyncError != 0:
		return p.s.Warn, string(p.g.Warn)
	case t&cluster.TopicSync != 0:
		return p.s.Name, string(p.g.WAL)
	}
	return p.s.Text, " "
}

// logTitle says whose lines are shown, and which of them.
func logTitle(f *Frame) string {
	text := "log"
	for i, n := range f.logNodes() {
		if i > 0 {
			text += " and"
		}
		text += " " + n.Name.String()
	}
	text += ": " + f.LogShow.String()
	if !f.LogFilter.IsZero() {
		text += " with " + strconv.Quote(f.LogFilter.String())
	}
	if f.LogUntil.IsZero() {
		return text + ", follows"
	}
	return text + ", held at " + clock(f.LogUntil) + " (G follows)"
}

// clockWords say how far a host's clock is from this machine's, where that is more
// than the error of telling it and of clocks that are kept, and that error.
func clockWords(f *cluster.HostFacts) string {
	words := "±" + f.ClockError.Round(time.Millisecond).String()
	off := f.ClockOffset
	if off.Abs() < time.Second+f.ClockError {
		return words
	}
	way := "ahead"
	if off < 0 {
		way = "behind"
	}
	return Age(off.Abs()) + " " + way + ", " + words
}
