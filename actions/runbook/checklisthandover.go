package runbook

import (
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
// known, what was tried and with what effect, what was noted and what is next. Where not all of it has room, what can
// be found on the screen goes first. forecasts may lack any replica.
func Handover(s *cluster.Snapshot, forecasts map[cluster.NodeID]Forecast) []cluster.Text {
	c := &card{s: s}
	list := c.worst()
	c.line(0, "%s %s %s", s.Session.Cluster, s.At.UTC().Format("2006-01-02 15:04:05Z"), c.state(list))
	if len(list) > 0 {
		c.replica(list[0], forecasts)
	}
	for i, r := range list[min(1, len(list)):min(3, len(list))] {
		c.line(6+i, "also %s: %s, %s %s", r.Name, c.lagWords(r), r.Verdict.Cause, r.Verdict.Confidence)
	}
	if len(list) > 3 {
		c.line(8, "also %d more", len(list)-3)
	}
	for i := range s.Escalations {
		e := &s.Escalations[i]
		c.line(min(1+2*i, 3), "ESCALATE %s since %s: %s", c.reason(e), hhmm(e.Since), ids(e.Replicas))
	}
	c.tried(len(list) > 0)
	c.noted()
	c.next(list)
	if len(list) > 0 {
		c.see(list[0])
	}
	return c.fitting()
}

type card struct {
	s     *cluster.Snapshot
	lines []cardLine
}

// cardLine is a line with its rank: the highest gives way first.
type cardLine struct {
	rank int
	text string
}

// line appends a line, cut to the card's width.
func (c *card) line(rank int, format string, args ...any) {
	c.lines = append(c.lines, cardLine{rank, cut(ascii(fmt.Sprintf(format, args...)))})
}

// fitting returns as many lines as the card has, in their order.
func (c *card) fitting() []cluster.Text {
	for len(c.lines) > cardLines {
		drop := 0
		for i := range c.lines {
			if c.lines[i].rank >= c.lines[drop].rank {
				drop = i
			}
		}
		c.lines = slices.Delete(c.lines, drop, drop+1)
	}
	texts := make([]cluster.Text, len(c.lines))
	for i := range c.lines {
		texts[i] = cluster.Clean(c.lines[i].text)
	}
	return texts
}

// replica says what is known of one.
func (c *card) replica(r *cluster.Replica, forecasts map[cluster.NodeID]Forecast) {
	where := c.lagWords(r)
	if f, ok := forecasts[r.ID]; ok {
		where += ", " + f.Outlook()
	}
	c.line(0, "%s: %s", r.Name, where)
	c.alerts(r)
	v := &r.Verdict
	if v.Cause == cluster.CauseNone {
		c.line(0, "cause: its lag has nothing to explain")
	} else {
		c.line(0, "cause: %s, %s, since %s", v.Cause, v.Confidence, hhmm(v.Since))
	}
	for i, w := range v.For[:min(2, len(v.For))] {
		c.line(2+3*i, "  + %s", w)
	}
	if len(v.Against) > 0 {
		c.line(6, "  - %s", v.Against[0])
	}
	if len(v.Missing) > 0 {
		c.line(7, "  ? %s", v.Missing[0])
	}
}

// reason is what a condition of escalation means.
func (c *card) reason(e *cluster.Escalation) string {
	return ReasonWords(e.Reason.String(), brief(c.s.Session.Thresholds.Escalate.Seconds())+" s")
}

// next says what comes next: the runbook's step for the worst of list, else whom to
// call where a condition of escalation holds.
func (c *card) next(list []*cluster.Replica) {
	if len(list) > 0 && !list[0].Verdict.Next.IsZero() {
		c.wrap(0, 1, "next:", list[0].Verdict.Next.String())
	} else if call := c.s.Session.Escalation; len(c.s.Escalations) > 0 && len(call) > 0 {
		c.wrap(0, 1, "next:", "call "+call[0].String())
	}
}

// noted says what people wrote last, the newest first to stay.
func (c *card) noted() {
	notes := c.s.Notes
	for i := max(0, len(notes)-2); i < len(notes); i++ {
		c.line(2+3*(len(notes)-1-i), "noted %s: %s", hhmm(notes[i].At), notes[i].Note.Text)
	}
}

// see points at what the state calls for. A link that is cut leads nowhere, so
// one that is too long is left out.
func (c *card) see(r *cluster.Replica) {
	for _, l := range Links(c.s, r) {
		text := "see " + l.Name + ": " + l.Target.String()
		if len(text) > cardWidth {
			text = l.Target.String()
		}
		if len(text) > cardWidth {
			continue
		}
		rank := 4
		if l.Facts.IsZero() {
			rank = 8
		}
		c.line(rank, "%s", text)
	}
}

// wrap puts words on two lines at most, the second of a rank of its own.
func (c *card) wrap(rank, second int, label, words string) {
	line, begun := label, false
	for _, w := range strings.Fields(ascii(words)) {
		if len(line)+1+len(w) > cardWidth && !begun {
			c.line(rank, "%s", line)
			line, rank, begun = "     ", second, true
		}
		line += " " + w
	}
	c.line(rank, "%s", line)
}

// ids lists at most three nodes.
func ids(list []cluster.NodeID) string {
	var words []string
	for i, id := range list {
		if i == 3 {
			words = append(words, fmt.Sprintf("%d more", len(list)-3))
			break
		}
		words = append(words, id.Text().String())
	}
	return strings.Join(words, ", ")
}

// worst returns the replicas that have something to explain, the worst first.
func (c *card) worst() []*cluster.Replica {
	var list []*cluster.Replica
	for i := range c.s.Replicas {
		if r := &c.s.Replicas[i]; sick(c.s, r) {
			list = append(list, r)
		}
	}
	t := cluster.LimitsOf(c.s)
	slices.SortFunc(list, func(a, b *cluster.Replica) int { return cluster.CompareReplicas(a, b, t) })
	return list
}

func (c *card) state(list []*cluster.Replica) string {
	if !c.s.Primary.Metrics.Reachable {
		return "UNKNOWN: the primary does not answer"
	}
	if len(list) == 0 {
		return fmt.Sprintf("OK: all %d replicas keep up", len(c.s.Replicas))
	}
	word := map[cluster.Severity]string{
		cluster.SeverityOK: "OK", cluster.SeverityWarning: "WARNING", cluster.SeverityUnknown: "UNKNOWN", cluster.SeverityCritical: "CRITICAL",
	}[cluster.SeverityOf(&list[0].Lag, cluster.LimitsOf(c.s))]
	return fmt.Sprintf("%s: %d of %d replicas", word, len(list), len(c.s.Replicas))
}

// lagWords says how far behind a replica is, or was when that was last known.
func (c *card) lagWords(r *cluster.Replica) string {
	lag, ok := r.Lag.Seconds.Value()
	switch {
	case !ok:
		return "lag unknown: " + r.Lag.Why.String() + c.lastWords(r)
	case r.Lag.State != cluster.LagLive:
		return fmt.Sprintf("%s s behind (%s)", brief(lag), r.Lag.State)
	}
	return brief(lag) + " s behind"
}

// lastWords are the last lag that was read.
func (c *card) lastWords(r *cluster.Replica) string {
	if c.s.Series == nil || r.Lag.Taken.IsZero() {
		return ""
	}
	last := c.s.Series.Buckets(r.ID, cluster.QuantityLag, r.Lag.Taken, time.Second, 1)
	if len(last) != 1 || last[0].N == 0 {
		return ""
	}
	return fmt.Sprintf(", was %s s at %s", brief(last[0].Last), hhmm(r.Lag.Taken))
}

// alerts are those that fire, or did when their source was lost.
func (c *card) alerts(r *cluster.Replica) {
	for i := range r.Alerts {
		a := &r.Alerts[i]
		switch {
		case a.State == cluster.AlertFiring:
			c.line(3+2*i, "FIRING %s since %s", a.Rule, hhmm(a.Since))
		case a.State == cluster.AlertNoData && (a.Was == cluster.AlertFiring || a.Was == cluster.AlertPending):
			c.line(1+2*i, "NODATA %s since %s, was %s", a.Rule, hhmm(a.Since), a.Was)
		}
	}
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
