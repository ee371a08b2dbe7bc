package panes

import (
	"strconv"

	"github.com/stemedb/stemetop/sources/cluster"
)

// What a Prometheus server judges is shown beside our own alerts and never mixed
// with them: below a heading that says whose it is and how old.

// theirEntries are the alerts of the Prometheus server: those of the selected
// replica, those of no known replica, and then those of others; nil where no
// server is configured.
func theirEntries(f *Frame, limit int) []alertEntry {
	p := &f.Snap.Prometheus
	if !p.Configured {
		return nil
	}
	es := []alertEntry{{heading: theirHeading(f)}}
	if !p.Reachable && p.Err != nil {
		es = append(es, alertEntry{words: p.Err.What.String()})
	}
	begin := len(es)
	if r := f.replica(); r != nil {
		for i := range r.Prometheus {
			es = append(es, alertEntry{theirs: &r.Prometheus[i]})
		}
	}
	for i := range p.Alerts {
		es = append(es, alertEntry{theirs: &p.Alerts[i], words: "cluster-wide"})
	}
	for i := 0; i < len(f.Snap.Replicas) && len(es) < limit; i++ {
		r := &f.Snap.Replicas[i]
		if r.ID == f.Selected {
			continue
		}
		for j := range r.Prometheus {
			es = append(es, alertEntry{theirs: &r.Prometheus[j], of: r})
		}
	}
	if len(es) == begin && p.Reachable {
		es[0].heading += ": none active"
	}
	return es
}

// theirHeading says whose the alerts below are, and how old.
func theirHeading(f *Frame) string {
	p := &f.Snap.Prometheus
	text := "in Prometheus"
	if age, ok := p.Age(f.Snap.At); ok {
		text += ", " + Age(age) + " old"
	}
	if p.Reachable && p.Err != nil {
		text += ", in part"
	}
	return text
}

// theirState is the server's word for the state, with how long its expression
// holds. What the server said before it fell silent is unknown by now.
func (p *page) theirState(a *cluster.PrometheusAlert, s *cluster.Snapshot) (Style, string) {
	since := ""
	if !a.Active.IsZero() {
		since = " " + Age(s.At.Sub(a.Active))
	}
	if !s.Prometheus.Reachable {
		return p.s.Unknown, "was " + a.State.String() + " " + string(p.g.Unknown)
	}
	switch {
	case a.State != cluster.AlertFiring:
		return p.s.Warn, "pending" + since
	case a.Critical():
		return p.s.BadgeCrit, "FIRING " + string(p.g.Crit) + since
	}
	return p.s.BadgeWarn, "FIRING " + string(p.g.Warn) + since
}

// theirName is the alert, of another replica after that one's name, of none that
// is known with what it is about.
func (p *page) theirName(e *alertEntry) string {
	a := e.theirs
	text := a.Name.String()
	switch {
	case e.of != nil:
		return p.ruleOf(e.of, text)
	case e.words == "":
		return text
	case a.Replica != "":
		text += " (" + a.Replica.Text().String() + ", not a replica here)"
	case !a.Instance.IsZero():
		text += " (" + a.Instance.String() + ")"
	default:
		text += " (" + e.words + ")"
	}
	if s := a.Summary.String(); s != "" {
		text += ": " + s
	}
	return text
}

// theirWords are the alerts of the server that are about a replica or the whole
// cluster, for texts that are read elsewhere.
func theirWords(s *cluster.Snapshot, r *cluster.Replica) []string {
	var out []string
	for _, list := range [][]cluster.PrometheusAlert{r.Prometheus, s.Prometheus.Alerts} {
		for i := range list {
			a := &list[i]
			text := a.Name.String() + " " + a.State.String()
			if !a.Active.IsZero() {
				text += " since " + clock(a.Active)
			}
			out = append(out, text)
		}
	}
	if len(out) > 5 {
		out = append(out[:5], strconv.Itoa(len(out)-5)+" more")
	}
	return out
}
