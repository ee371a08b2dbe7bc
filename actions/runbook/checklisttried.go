package runbook

import (
	"fmt"

	"github.com/stemedb/stemetop/sources/cluster"
)

// attempt is an action by its steps: when it was begun, and the newest thing
// that became of it.
type attempt struct {
	id     string
	begun  cluster.ActionAt
	newest cluster.ActionStep
}

// attempts returns what was sent to the cluster, oldest first. A near miss sent
// nothing, and what a ramp says between its steps is no action of its own.
func attempts(s *cluster.Snapshot) []attempt {
	var list []attempt
	at := map[string]int{}
	for _, a := range s.Actions {
		if a.Step.Action == "" || a.Step.Stage == cluster.ActionNearMiss || a.Step.Stage == cluster.ActionEvent {
			continue
		}
		i, known := at[a.Step.Action]
		if !known {
			i = len(list)
			at[a.Step.Action] = i
			list = append(list, attempt{id: a.Step.Action, begun: a})
		}
		list[i].newest = a.Step
	}
	return list
}

// words says what was tried and what came of it, as far as that is known.
func (a *attempt) words() string {
	what := a.newest.Summary.String()
	switch a.newest.Stage {
	case cluster.ActionIntent:
		what = a.newest.What.String() + ": sent, no answer yet"
	case cluster.ActionAnswered:
		if a.newest.Verdict.String() == "accepted" {
			what += "; no effect seen yet"
		}
	case cluster.ActionEffect, cluster.ActionNearMiss, cluster.ActionResolved, cluster.ActionEvent:
	}
	return hhmm(a.begun.At) + " " + what
}

// tried says what was done and with what effect, the newest first to stay, and
// the limit that stands: whoever takes over has to lift it. That nothing was
// tried is said where there is something to cure.
func (c *card) tried(ill bool) {
	const most = 3
	list := attempts(c.s)
	if len(list) == 0 && ill {
		c.line(7, "tried: nothing from here so far")
	}
	list = list[max(0, len(list)-most):]
	for i := range list {
		older := 3 * (len(list) - 1 - i)
		c.wrap(1+older, 3+older, "tried", list[i].words())
	}
	if l := &c.s.Limit; l.PerSecond > 0 {
		c.line(1, "limit %d/s of ingest stands since %s%s", l.PerSecond, hhmm(l.Since), by(l.Who))
	}
}

func by(who cluster.Text) string {
	if who.IsZero() {
		return ""
	}
	return fmt.Sprintf(" by %s", who)
}
