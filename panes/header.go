package panes

import (
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Header draws the line that answers the first question: which cluster, how bad,
// which replica, how old is this. In two lines or more the second says how the
// primary stands.
func Header(f *Frame, w, h int) string {
	p := f.page(w, h)
	if p.full() {
		return p.String()
	}
	oneLine := h < 2 || f.Snap == nil
	right, name := p.headerRight(f, oneLine), say(p.s.Title, " "+clusterName(f), 3)
	room := p.w - span(right, ranks(1|1<<1), p.w)
	if p.w >= wideHeader {
		room -= span([]piece{name}, everyRank, p.w)
	}
	left := p.headline(f, room)
	if p.w >= wideHeader || oneLine {
		left = append([]piece{name}, left...)
	} else if left[0].rank == 0 { // no badge, which has a blank of its own
		left[0].text = " " + left[0].text
	}
	if alarming(f.Snap) {
		for i := range left {
			left[i].style = Style{}
		}
		p.under(p.s.BadgeCrit)
	}
	p.bar(left, right)
	if f.Snap != nil {
		p.primaryLine(f)
	}
	return p.String()
}

func clusterName(f *Frame) string {
	if f.Snap == nil || f.Snap.Session.Cluster.IsZero() {
		return "stemetop"
	}
	return f.Snap.Session.Cluster.String()
}

const (
	// wideHeader is the width from which the first line has room for the cluster's name,
	// and says what its age is of.
	wideHeader = 100
	// stamped is the width from which the age and the clock stand there whatever
	// the headline is, which is cut for them: a photo must tell when it was.
	stamped = 80
)

// waiting tells whether a source has not had the time to answer yet.
func waiting(a *cluster.Access) bool {
	return a.Newest.IsZero() && (a.Err == nil || a.Err.Kind == cluster.FailConnecting)
}

// primaryLeads tells whether the headline is about the primary: it does not
// answer, and no lag is known to be critical.
func primaryLeads(s *cluster.Snapshot) bool {
	a := &s.Primary.Metrics
	if !a.Configured || a.Reachable {
		return false
	}
	worst := cluster.WorstReplica(s)
	return worst == nil || cluster.SeverityOf(&worst.Lag, cluster.LimitsOf(s)) != cluster.SeverityCritical
}

// accessText says for how long a node's metrics have not been had, and why.
func accessText(n *cluster.Node, at time.Time) string {
	text := n.Name.String() + " has never answered"
	if age, ok := n.Metrics.Age(at); ok {
		text = n.Name.String() + " silent for " + Age(age)
	}
	if n.Metrics.Err != nil {
		text += ": " + n.Metrics.Err.What.String()
	}
	return text
}

// primaryLine says how the primary stands and how many replicas need a person.
func (p *page) primaryLine(f *Frame) {
	n := &f.Snap.Primary
	left := []piece{say(p.s.Label, "primary", 2), say(p.s.Name, n.Name.String(), 0)}
	if p.w < wideHeader {
		left = append([]piece{say(p.s.Title, clusterName(f), 3)}, left...)
	}
	p.space(1)
	if n.Metrics.Reachable {
		left = append(left,
			say(p.s.Text, "ingests "+Rate(n.IngestPerSecond), 0),
			say(p.s.Text, "sends "+ByteRate(n.SentBytesPerSecond), 6),
			say(p.s.Text, Count(n.Assertions)+" assertions", 7))
	}
	if pause := runbook.Pause(f.Snap); pause.Near {
		left = append(left, say(p.s.Warn, pause.Words(), 4))
	}
	if text := limitText(f.Snap); text != "" {
		if p.w < stamped {
			text = shortLimit(text)
		}
		left = append(left, say(p.s.BadgeWarn, " "+text+" ", 0))
	}
	if err := n.Metrics.Err; err != nil {
		text := failureText(err)
		if !err.Hint.IsZero() && primaryLeads(f.Snap) {
			text = "hint: " + err.Hint.String() // the line above says the rest
		}
		left = append(left, say(p.s.Unknown, text, 0))
	}
	right := []piece{say(p.s.Label, tally(f.Snap), 5)}
	if f.Snap.Interval > 0 {
		right = append(right, say(p.s.Label, "every "+Span(f.Snap.Interval)+" ", 8))
	}
	if p.w < wideHeader {
		right = append(right, p.actMark(f))
	}
	p.bar(left, right)
}

// limitText is the rate limit that was set here and still stands, e.g. "limit
// 1000/s, dana, since 03:12": one that is forgotten is the next incident. Empty
// if none stands.
func limitText(s *cluster.Snapshot) string {
	l := &s.Limit
	if l.PerSecond == 0 {
		return ""
	}
	since := "15:04"
	if s.At.Sub(l.Since) > 20*time.Hour {
		since = "2006-01-02 15:04"
	}
	return "limit " + strconv.FormatInt(l.PerSecond, 10) + "/s, " + l.Who.String() + ", since " + l.Since.UTC().Format(since)
}

// shortLimit leaves out whose it is and since when, for which there is room elsewhere.
func shortLimit(text string) string {
	text, _, _ = strings.Cut(text, ",")
	return text
}

// tally counts the replicas by what they need, e.g. "12 replicas: 1 critical, 11 ok".
func tally(s *cluster.Snapshot) string {
	var n [cluster.SeverityCritical + 1]int
	t := cluster.LimitsOf(s)
	for i := range s.Replicas {
		n[cluster.SeverityOf(&s.Replicas[i].Lag, t)]++
	}
	text, sep := Count(cluster.Known(float64(len(s.Replicas))))+" replicas", ": "
	if len(s.Replicas) == 1 {
		text = "1 replica"
	}
	for _, k := range []struct {
		s    cluster.Severity
		word string
	}{{cluster.SeverityCritical, "critical"}, {cluster.SeverityUnknown, "not known"}, {cluster.SeverityWarning, "warning"}, {cluster.SeverityOK, "ok"}} {
		if n[k.s] > 0 {
			text += sep + Count(cluster.Known(float64(n[k.s]))) + " " + k.word
			sep = ", "
		}
	}
	return text
}
