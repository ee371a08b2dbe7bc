package actions

import (
	"strconv"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Line is a line of a plan as a person reads it: a word for what it is, and what
// there is to know. A line that goes on has no name.
type Line struct {
	Name string
	Text cluster.Text
}

// Lines are the whole plan, in the order in which it is decided on: what it does,
// to the byte, on what, what is known, what should happen, and what then. What is
// known is as old as it was when the plan was made.
func (p *Plan) Lines() []Line { return p.LinesAt(Now{Mono: p.made}) }

// LinesAt are the same with the ages of what is known as they are now: a plan whose
// request is on its way is shown for as long, and is not renewed.
func (p *Plan) LinesAt(n Now) []Line {
	list := []Line{{"plan", p.Title}, {"tier", p.tierWords()}}
	for i, t := range p.Deed.Lines() {
		list = append(list, named(i, "request", t))
	}
	if p.Ramp != nil {
		for i, d := range p.Ramp.Deeds[1:] {
			lines := d.Lines()
			list = append(list, named(i, "then", lines[len(lines)-1]))
		}
		if p.Ramp.Back != nil {
			lines := p.Ramp.Back.Lines()
			list = append(list, Line{"if step 1 fails", lines[len(lines)-1]})
		}
	}
	list = append(list, Line{"target", p.Target.Words()})
	for _, f := range p.Facts {
		list = append(list, Line{f.Name, f.Later(n.Mono - p.made).Words()})
	}
	for i, t := range p.Warn {
		list = append(list, named(i, "warning", t))
	}
	list = append(list, Line{"expect", p.Expect}, Line{"stop", p.Stop}, Line{"undo", p.Undo})
	if !p.Blocked.IsZero() {
		list = append(list, Line{"blocked", p.Blocked})
	}
	return list
}

func named(i int, name string, t cluster.Text) Line {
	if i > 0 {
		name = ""
	}
	return Line{name, t}
}

func (p *Plan) tierWords() cluster.Text {
	if p.TierIs.IsZero() {
		return cluster.Clean(p.Tier.String())
	}
	return cluster.Clean(p.Tier.String() + ": " + p.TierIs.String())
}

// Words are the fact's value, its age and where it is from.
func (f Fact) Words() cluster.Text {
	s := f.Value.String() + "  (" + f.Source
	if f.Age != NoAge {
		s += ", " + age(f.Age) + " old"
	}
	return cluster.Clean(s + ")")
}

// Later returns the fact as it is d after it was made: older by that.
func (f Fact) Later(d time.Duration) Fact {
	if f.Age != NoAge {
		f.Age += max(d, 0)
	}
	return f
}

// age writes how old something is, in tenths of a second while that matters.
func age(d time.Duration) string {
	if d < 10*time.Second {
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	return d.Round(time.Second).String()
}

// Words say what is acted on, and who answers there.
func (t Target) Words() cluster.Text {
	s := t.Cluster.String()
	if t.ID != "" {
		s = t.ID.Text().String() + " of " + s
	}
	s += ", primary " + t.Primary.Text().String()
	if t.Peer.Address != "" {
		s += " at " + t.Peer.Address
	}
	if t.Peer.Certificate != "" {
		s += ", certificate " + t.Peer.Certificate[:min(12, len(t.Peer.Certificate))]
	}
	if !t.Started.IsZero() {
		s += ", up since " + t.Started.UTC().Format("2006-01-02T15:04:05Z")
	}
	return cluster.Clean(s)
}

// Words say what differs.
func (c Change) Words() cluster.Text {
	return cluster.Clean(c.Name + " was " + c.Old.String() + ", is " + c.New.String())
}
