package onhost

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/actions"
	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
)

// unitLook is the database's unit as it was found.
type unitLook struct {
	unit   *Unit
	backup string // of api.toml, the newest; empty for none
	at     time.Time
}

func restartRow(o Options) actions.Action {
	return actions.Action{
		Kind: KindRestart, Title: "restart the primary's database", Needs: actions.NeedsNothing,
		Look: o.primary(func(ctx context.Context, h Host) (any, *cluster.Failure) {
			l := unitLook{at: o.Now()}
			var failure *cluster.Failure
			if l.unit, failure = LookUnit(ctx, h, o.Unit); failure != nil {
				return nil, failure
			}
			if o.Off[KindPutBack] == nil {
				if f, unread := ReadFile(ctx, h, o.TOML); unread == nil {
					l.backup = f.Newest
				}
			}
			return l, nil
		}),
		LooksAfter: true, Watch: CrashSpan + UpWithin,
		Propose: o.proposeRestart, ReadBack: readBackRestart, Judge: judgeRestart,
	}
}

// unitDeed is a restart.
type unitDeed struct {
	deed
	was    *Unit
	backup string
}

func (o Options) proposeRestart(s *actions.Scene, ask actions.Ask) (*actions.Plan, *actions.Refusal) {
	l, ok := s.Looked.(unitLook)
	if !ok {
		return nil, unread()
	}
	u, node := l.unit, o.Primary.Node.Text().String()
	p := &actions.Plan{
		Kind: KindRestart, Ask: ask, Tier: actions.Dangerous, Word: string(o.Primary.Node),
		Title:  cluster.Clean("restart " + o.Unit + " on " + node),
		TierIs: cluster.Clean("the whole cluster takes no writes until the primary is up again"),
		Target: actions.Target{ID: o.Primary.Node},
		Expect: cluster.Clean("up with metrics within " + secs(UpWithin) + ", and for " + secs(CalmFor) + " after"),
		Stop:   cluster.Clean("it is not up in time, or starts more than once: read its log"),
		Undo:   cluster.Clean("none: a restart can't be taken back"),
		Facts: []actions.Fact{
			{
				Name: "unit", Value: cluster.Clean(u.String()), Same: u.Invocation + " " + u.Active.String() + " " + strconv.Itoa(u.PID),
				Age: age(s, l.at), Source: o.Primary.fromHost(),
			},
			{Name: "ingest", Value: cluster.Clean(number0(s.Snapshot.Primary.IngestPerSecond, "/s")), Age: metricsAge(s), Source: "primary's metrics"},
		},
	}
	if l.backup != "" {
		p.Undo = cluster.Clean("if it does not come up: put api.toml back (" + l.backup + ") and restart again")
	}
	p.Warn = restartWarnings(s, u)
	p.Deed = unitDeed{deed{
		place: o.Primary, path: o.Unit, lines: []cluster.Text{cluster.Clean("systemctl restart " + o.Unit)},
		digest: digest([]byte(strings.Join([]string{"restart", string(o.Primary.Node), o.Primary.Address.String(), o.Unit, u.Invocation, u.Start.String()}, "\n"))),
		do: func(ctx context.Context, h Host, _ func(cluster.Text)) admin.Result {
			return Restart(ctx, h, u)
		},
	}, u, l.backup}
	return p, nil
}

func restartWarnings(s *actions.Scene, u *Unit) []cluster.Text {
	var list []cluster.Text
	if !u.Running() {
		list = append(list, cluster.Clean("it does not run now"))
	}
	if s.Standing.PerSecond > 0 {
		list = append(list, cluster.Clean(s.Standing.Words(s.Now)+": the restart may lift it"))
	}
	for i := range s.Snapshot.Replicas {
		if r := &s.Snapshot.Replicas[i]; r.Sync.State == cluster.SyncRunning {
			list = append(list, cluster.Clean("a sync of "+r.Name.String()+" is running, which it cuts"))
		}
	}
	return list
}

func metricsAge(s *actions.Scene) time.Duration {
	if v, ok := s.Snapshot.Primary.Metrics.Age(s.Now.Wall); ok {
		return v
	}
	return actions.NoAge
}

// readBackRestart looks whether the unit is in another run than before.
func readBackRestart(t *actions.Trial, s *actions.Scene) actions.Finding {
	d, ours := t.Plan.Deed.(unitDeed)
	l, ok := t.Looked.(unitLook)
	if !ours || !ok {
		return actions.Finding{Why: cluster.Clean("the host does not answer")}
	}
	u := l.unit
	switch {
	case u.Invocation != d.was.Invocation || u.Start != d.was.Start:
		return actions.Finding{Effect: actions.Applied, Why: cluster.Clean("the unit is in a new run: " + u.String())}
	case u.Running() && s.Now.Hand-t.Answered.Hand >= doneWithin:
		return actions.Finding{Effect: actions.NotApplied, Why: cluster.Clean("the old process runs on: " + u.String())}
	}
	return actions.Finding{Why: cluster.Clean(u.String())}
}

// judgeRestart looks after the unit: Health keeps what was seen of it.
func judgeRestart(t *actions.Trial, s *actions.Scene) actions.Finding {
	d, ours := t.Plan.Deed.(unitDeed)
	if !ours {
		return actions.Finding{}
	}
	h, ok := t.Memory.(Health)
	if !ok {
		h = Health{Before: d.was}
	}
	if t.Looked == nil && t.LookFailed == nil {
		return actions.Finding{Why: cluster.Clean("looking at the unit")}
	}
	var u *Unit
	if l, ok := t.Looked.(unitLook); ok {
		u = l.unit
	}
	m := s.Snapshot.Primary.Metrics
	age, known := m.Age(s.Now.Wall)
	answers := known && t.Before(m, s.Snapshot.Interval) && age <= 10*time.Second
	finding, why := h.See(s.Now.Mono-t.Answered.Mono, u, answers)
	t.Memory = h
	f := actions.Finding{Why: why, Effect: map[Finding]actions.Effect{
		Restarting: actions.NotYet, Healthy: actions.Effective, NotRestarted: actions.NoEffect, Unhealthy: actions.Regressed,
	}[finding]}
	if finding == Unhealthy && d.backup != "" {
		f.Why = cluster.Clean(why.String() + "; put api.toml back (" + d.backup + ") and restart again")
	}
	return f
}
