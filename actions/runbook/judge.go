package runbook

import (
	"slices"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// refreshEvery is how often the evidence of a verdict that stands is said again.
const refreshEvery = 10 * time.Second

// JudgeOptions tune a Judge. The zero value has no alert rules.
type JudgeOptions struct {
	Rules  []Rule
	Alerts AlertOptions
}

// Judge concludes: it folds the stream and says what changed in alerts, verdicts
// and escalations. Its own conclusions coming back change nothing. It has no
// goroutine and is not safe for concurrent use: its owner calls Apply for each
// observation, then Conclude when a new snapshot is due, and publishes what
// that returns from Source{Kind: FromJudge}.
type Judge struct {
	rules       []Rule
	options     AlertOptions
	run         string
	alerts      *Alerts
	past        *Past
	escalations *Escalations
	said        said
	evaluated   bool // the alerts were, since the last conclusion
}

// said is what was published.
type said struct {
	alerts      map[saidAlert]cluster.AlertChange
	verdicts    map[cluster.NodeID]saidVerdict
	escalations map[cluster.Text]cluster.Escalation
}

type saidAlert struct {
	rule    cluster.Text
	replica cluster.NodeID
}

type saidVerdict struct {
	cluster.Verdict
	at time.Time
}

// NewJudge returns a judge that has seen nothing. The rules must pass Check.
func NewJudge(o JudgeOptions) *Judge {
	j := &Judge{rules: o.Rules, options: o.Alerts}
	j.reset()
	return j
}

func (j *Judge) reset() {
	j.alerts, j.past, j.escalations = NewAlerts(j.rules, j.options), NewPast(), NewEscalations()
	j.said = said{map[saidAlert]cluster.AlertChange{}, map[cluster.NodeID]saidVerdict{}, map[cluster.Text]cluster.Escalation{}}
}

// Apply folds one observation. Conclusions, its own or recorded ones, are left out.
func (j *Judge) Apply(o *cluster.Observation) {
	if o.Source.Kind == cluster.FromJudge {
		return
	}
	if b, ok := o.Body.(*cluster.Session); ok {
		if j.run != "" && j.run != b.Run {
			j.reset()
		}
		j.run = b.Run
	}
	if b, ok := o.Body.(*cluster.ClockStep); ok {
		if b.Moved {
			return
		}
		j.escalations.shift(b.By)
	}
	j.alerts.Apply(o)
	j.past.Apply(o)
	if j.alerts.Evaluate(o.Received) {
		j.evaluated = true
	}
}

// Conclude returns what is to be said of a snapshot that has folded what was
// applied: alerts whose state, since, was or firesAt changed; verdicts whose
// cause, confidence or advice did, at once those that something lacked which is
// there now, and every 10 s those with new evidence;
// escalations that began, ended, or are of other replicas.
func (j *Judge) Conclude(s *cluster.Snapshot) []cluster.Body {
	var out []cluster.Body
	if j.evaluated {
		out = j.concludeAlerts(s, out)
		j.evaluated = false
	}
	j.past.Note(s)
	out = j.concludeVerdicts(s, out)
	return j.concludeEscalations(s, out)
}

// Alerts returns the alerts as of now, for those who show more than a change tells.
func (j *Judge) Alerts() *Alerts { return j.alerts }

func (j *Judge) concludeVerdicts(s *cluster.Snapshot, out []cluster.Body) []cluster.Body {
	list := Diagnose(s, j.past)
	for i := range list {
		v := &list[i]
		had, ok := j.said.verdicts[v.Replica]
		if ok && had.Cause == v.Cause && had.Confidence == v.Confidence {
			v.Since = had.Since
			lasts := s.At.Sub(had.at) < refreshEvery && !answered(had.Missing, v.Missing)
			if slices.Equal(had.Advice, v.Advice) && (lasts || sameWords(&had.Verdict, v)) {
				continue
			}
		} else {
			v.Since = s.At
		}
		b := *v
		j.said.verdicts[v.Replica] = saidVerdict{b, s.At}
		out = append(out, &b)
	}
	return out
}

// answered tells whether something is measured now that was missing before,
// whatever the reason that stands behind its name.
func answered(before, now []cluster.Text) bool {
	name := func(t cluster.Text) string {
		what, _, _ := strings.Cut(t.String(), ": ")
		return what
	}
	lacks := func(what string) bool {
		return slices.ContainsFunc(now, func(t cluster.Text) bool { return name(t) == what })
	}
	return slices.ContainsFunc(before, func(t cluster.Text) bool { return !lacks(name(t)) })
}

func sameWords(a, b *cluster.Verdict) bool {
	return slices.Equal(a.For, b.For) && slices.Equal(a.Against, b.Against) && slices.Equal(a.Missing, b.Missing) && a.Next == b.Next
}

func (j *Judge) concludeEscalations(s *cluster.Snapshot, out []cluster.Body) []cluster.Body {
	holds := map[cluster.Text]bool{}
	for _, e := range j.escalations.Note(s) {
		holds[e.Reason] = true
		if had, ok := j.said.escalations[e.Reason]; ok && slices.Equal(had.Replicas, e.Replicas) {
			continue
		}
		j.said.escalations[e.Reason] = e
		out = append(out, &e)
	}
	for _, reason := range []string{reasonLag, reasonCrashLoop, reasonCorruption, reasonSeveral} {
		e, ok := j.said.escalations[cluster.Clean(reason)]
		if !ok || holds[e.Reason] {
			continue
		}
		delete(j.said.escalations, e.Reason)
		e.Over = true
		out = append(out, &e)
	}
	return out
}
