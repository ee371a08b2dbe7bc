package runbook

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// The handover card's size: it must survive a pager, a chat and a phone call.
const (
	cardLines = 12
	cardWidth = 72
)

// Handover returns a card for whoever takes over: at most 12 lines of at most 72
// printable ASCII characters, with the state, the worst replica's cause, what is
// known, what was noted and what is next. forecasts may lack any replica.
func Handover(s *cluster.Snapshot, forecasts map[cluster.NodeID]Forecast) []cluster.Text {
	c := &card{s: s}
	list := c.worst()
	c.line("%s %s %s", s.Session.Cluster, s.At.UTC().Format("2006-01-02 15:04:05Z"), c.state(list))
	if len(list) > 0 {
		c.replica(list[0], forecasts)
	}
	for _, r := range list[min(1, len(list)):min(3, len(list))] {
		c.line("also %s: %s, %s %s", r.Name, lagWords(r), r.Verdict.Cause, r.Verdict.Confidence)
	}
	if len(list) > 3 {
		c.line("also %d more", len(list)-3)
	}
	for _, e := range s.Escalations {
		c.line("ESCALATE %s since %s", e.Reason, hhmm(e.Since))
		break
	}
	if n := len(s.Notes); n > 0 {
		c.line("noted %s: %s", hhmm(s.Notes[n-1].At), s.Notes[n-1].Note.Text)
	}
	if len(list) > 0 && !list[0].Verdict.Next.IsZero() {
		c.next(list[0].Verdict.Next.String())
	}
	return c.lines
}

type card struct {
	s     *cluster.Snapshot
	lines []cluster.Text
}

// line appends a line, cut to the card's width; beyond the last one nothing.
func (c *card) line(format string, args ...any) {
	if len(c.lines) < cardLines {
		c.lines = append(c.lines, cluster.Clean(cut(ascii(fmt.Sprintf(format, args...)))))
	}
}

// replica says what is known of one.
func (c *card) replica(r *cluster.Replica, forecasts map[cluster.NodeID]Forecast) {
	where := lagWords(r)
	if f, ok := forecasts[r.ID]; ok {
		where += ", " + f.Words()
	}
	c.line("%s: %s", r.Name, where)
	v := &r.Verdict
	c.line("cause: %s, %s, since %s", v.Cause, v.Confidence, hhmm(v.Since))
	for _, w := range v.For[:min(2, len(v.For))] {
		c.line("  + %s", w)
	}
	if len(v.Against) > 0 {
		c.line("  - %s", v.Against[0])
	}
	if len(v.Missing) > 0 {
		c.line("  ? %s", v.Missing[0])
	}
}

// next wraps the next step over what room is left, two lines at most.
func (c *card) next(words string) {
	line := "next:"
	for _, w := range strings.Fields(ascii(words)) {
		if len(line)+1+len(w) > cardWidth && len(c.lines) < cardLines-1 && !strings.HasPrefix(line, "  ") {
			c.line("%s", line)
			line = "     "
		}
		line += " " + w
	}
	c.line("%s", line)
}

// worst returns the replicas that have something to explain, the worst first.
func (c *card) worst() []*cluster.Replica {
	var list []*cluster.Replica
	for i := range c.s.Replicas {
		if r := &c.s.Replicas[i]; sick(c.s, r) {
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b *cluster.Replica) int {
		x, _ := a.Lag.Seconds.Value()
		y, _ := b.Lag.Seconds.Value()
		return cmp.Compare(y, x)
	})
	return list
}

func (c *card) state(list []*cluster.Replica) string {
	if !c.s.Primary.Metrics.Reachable {
		return "UNKNOWN: the primary does not answer"
	}
	if len(list) == 0 {
		return fmt.Sprintf("OK: all %d replicas keep up", len(c.s.Replicas))
	}
	word := "WARNING"
	if lag, _ := list[0].Lag.Seconds.Value(); lag > c.s.Session.Thresholds.Critical.Seconds() {
		word = "CRITICAL"
	}
	return fmt.Sprintf("%s: %d of %d replicas", word, len(list), len(c.s.Replicas))
}

func lagWords(r *cluster.Replica) string {
	lag, ok := r.Lag.Seconds.Value()
	switch {
	case !ok:
		return "lag unknown: " + r.Lag.Why.String()
	case r.Lag.State != cluster.LagLive:
		return fmt.Sprintf("%s s behind (%s)", brief(lag), r.Lag.State)
	}
	return brief(lag) + " s behind"
}

// hhmm is a time of day in UTC, which all readers of a card share.
func hhmm(t time.Time) string {
	if t.IsZero() {
		return "?"
	}
	return t.UTC().Format("15:04Z")
}

// ascii replaces what is not printable ASCII.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return '?'
		}
		return r
	}, s)
}

func cut(s string) string {
	if len(s) <= cardWidth {
		return s
	}
	return strings.TrimRight(s[:cardWidth-2], " ") + ".."
}
