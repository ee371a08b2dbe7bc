package panes

import (
	"strconv"
	"time"
)

// headerRight is the state of the screen itself, with all of it on one line or
// what has no room there on a second.
func (p *page) headerRight(f *Frame, oneLine bool) []piece {
	var right []piece
	ageRank, clockRank := 6, 4
	if p.w >= stamped {
		ageRank, clockRank = 1, 1
	}
	if f.Snap != nil {
		if age, ok := f.Snap.Primary.Metrics.Age(f.Snap.At); ok {
			s := p.s.Label
			if !f.Snap.Primary.Metrics.Reachable {
				s = p.s.Unknown
			}
			text := Age(age) + " old"
			if p.w >= wideHeader {
				text = "data " + text
			}
			right = append(right, say(s, text, ageRank))
		}
	}
	if p.w >= wideHeader || oneLine {
		right = append(right, p.actMark(f))
	}
	if f.Snap != nil && oneLine && limitText(f.Snap) != "" {
		right = append(right, say(p.s.BadgeWarn, " "+shortLimit(limitText(f.Snap))+" ", 1))
	}
	if f.Snap != nil {
		right = append(right, say(p.s.Text, clock(f.Snap.At), clockRank))
	}
	return append(right, say(p.modeStyle(f.Mode), " "+modeText(f)+" ", 1))
}

// actMark says that nothing can be changed from here, or that what is changed is
// not recorded. It goes before the headline, but in a replay, which says it already.
func (p *page) actMark(f *Frame) piece {
	switch {
	case f.Unrecorded:
		return say(p.s.ReadOnly, "UNRECORDED", 1)
	case !f.ReadOnly:
		return piece{}
	}
	rank := 1
	if f.Mode == Replay || p.w < stamped {
		rank = 5
	}
	return say(p.s.ReadOnly, "READ-ONLY", rank)
}

func (p *page) modeStyle(m Mode) Style {
	switch m {
	case Paused:
		return p.s.ModePaused
	case Replay:
		return p.s.ModeReplay
	case Live:
		fallthrough
	default:
		return p.s.ModeLive
	}
}

// modeText is the mode word with the speed, and how far back the screen is.
func modeText(f *Frame) string {
	text := f.Mode.String()
	switch {
	case f.Mode == Replay && f.Speed == 0:
		text += " standing"
	case f.Speed != 0 && f.Speed != 1:
		text += " " + strconv.FormatFloat(f.Speed, 'g', 4, 64) + "x"
	}
	if f.Mode != Live && f.Snap != nil && !f.Edge.IsZero() {
		if back := f.Edge.Sub(f.Snap.At); back >= time.Second {
			text += " -" + Age(back)
		}
	}
	return text
}
