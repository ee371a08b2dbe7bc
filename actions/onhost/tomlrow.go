package onhost

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/stemedb/stemetop/actions"
	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/apitoml"
	"github.com/stemedb/stemetop/sources/cluster"
)

// What is edited, and the bounds of it in milliseconds.
const (
	tomlTable = "cluster"
	tomlKey   = "rpc_timeout_ms"
	runbookMS = 10_000 // what the runbook raises it to
	leastMS   = 100
	mostMS    = 10 * 60_000
)

// tomlLook is the database's configuration as it was found.
type tomlLook struct {
	file *File
	last *Edit            // that can be taken back; nil where none can
	why  *cluster.Failure // why not
	at   time.Time
}

func timeoutRow(o Options) actions.Action {
	return actions.Action{
		Kind: KindRPCTimeout, Title: "raise rpc_timeout_ms in the primary's api.toml", Needs: actions.NeedsNumber, Number: tomlKey,
		Absolute: true,
		Look: o.primary(func(ctx context.Context, h Host) (any, *cluster.Failure) {
			at := o.Now()
			f, failure := ReadFile(ctx, h, o.TOML)
			if failure != nil {
				return nil, failure
			}
			return tomlLook{file: f, at: at}, nil
		}),
		Propose: o.proposeTimeout,
		ReadBack: func(t *actions.Trial, s *actions.Scene) actions.Finding {
			return readBackFile(t, s, StandNew, StandOld)
		},
	}
}

func putBackRow(o Options) actions.Action {
	return actions.Action{
		Kind: KindPutBack, Title: "put the primary's api.toml back", Needs: actions.NeedsNothing, Absolute: true,
		Look: o.primary(func(ctx context.Context, h Host) (any, *cluster.Failure) {
			at := o.Now()
			f, failure := ReadFile(ctx, h, o.TOML)
			if failure != nil {
				return nil, failure
			}
			l := tomlLook{file: f, at: at}
			l.last, l.why = LastEdit(ctx, h, f, tomlTable, tomlKey)
			return l, nil
		}),
		Propose: o.proposePutBack,
		ReadBack: func(t *actions.Trial, s *actions.Scene) actions.Finding {
			return readBackFile(t, s, StandOld, StandNew)
		},
	}
}

// fileDeed is an edit, or the way back.
type fileDeed struct {
	deed
	edit *Edit
}

func (o Options) proposeTimeout(s *actions.Scene, ask actions.Ask) (*actions.Plan, *actions.Refusal) {
	l, ok := s.Looked.(tomlLook)
	if !ok {
		return nil, unread()
	}
	was, set, err := apitoml.Get(l.file.text, tomlTable, tomlKey)
	if err != nil {
		return nil, refuse(cluster.Fail(cluster.FailFormat, l.file.Path.String()+" can't be changed: "+err.Error(), "change it by hand"))
	}
	if ask.N == 0 {
		if ask.N = runbookMS; was >= runbookMS {
			ask.N = min(2*was, mostMS)
		}
	}
	if ask.N < leastMS || ask.N > mostMS {
		return nil, refuse(cluster.Fail(cluster.FailConfig, fmt.Sprintf("%d ms is no sensible %s", ask.N, tomlKey), fmt.Sprintf("choose %d to %d", leastMS, mostMS)))
	}
	e, failure := NewEdit(l.file, tomlTable, tomlKey, ask.N)
	if failure != nil {
		return nil, refuse(failure)
	}
	p := o.filePlan(s, KindRPCTimeout, ask, l)
	p.Title = cluster.Clean(fmt.Sprintf("set %s to %d on %s", tomlKey, ask.N, o.Primary.Node.Text()))
	p.Expect = cluster.Clean("the new value, and else the same file; it counts from the next restart on")
	p.Undo = cluster.Clean("put api.toml back: the old file stays beside it")
	if set && ask.N < was {
		p.Warn = append(p.Warn, cluster.Clean("it lowers the timeout"))
	}
	if n := l.file.Left; n > 0 {
		p.Warn = append(p.Warn, cluster.Clean(fmt.Sprintf("%d unfinished files of earlier edits are beside it", n)))
	}
	p.Deed = fileDeed{deed{
		place: o.Primary, path: o.TOML, digest: e.Digest(), lines: append(e.Diff(), cluster.Clean("backup: "+e.BackupPath())),
		do: func(ctx context.Context, h Host, _ func(cluster.Text)) admin.Result {
			r := e.Apply(ctx, h)
			if r.Verdict == admin.Accepted {
				r.Reason = cluster.Clean("the old file is " + e.BackupPath() + "; restart the database for the new one to count")
			}
			return r
		},
	}, e}
	return p, nil
}

func (o Options) proposePutBack(s *actions.Scene, ask actions.Ask) (*actions.Plan, *actions.Refusal) {
	l, ok := s.Looked.(tomlLook)
	switch {
	case !ok:
		return nil, unread()
	case l.last == nil:
		return nil, refuse(l.why)
	}
	e := l.last
	p := o.filePlan(s, KindPutBack, ask, l)
	p.Title = cluster.Clean("put api.toml of " + o.Primary.Node.Text().String() + " back")
	p.Expect = cluster.Clean("the file from before the last edit; it counts from the next restart on")
	p.Undo = cluster.Clean("edit it anew")
	p.Deed = fileDeed{deed{
		place: o.Primary, path: o.TOML, digest: e.BackDigest(), lines: append(e.BackDiff(), cluster.Clean("from: "+e.BackupPath())),
		do: func(ctx context.Context, h Host, _ func(cluster.Text)) admin.Result {
			r := e.Restore(ctx, h)
			if r.Verdict == admin.Accepted {
				r.Reason = cluster.Clean("the old file is back; restart the database for it to count")
			}
			return r
		},
	}, e}
	return p, nil
}

// filePlan is what a change of the file and the way back have in common.
func (o Options) filePlan(s *actions.Scene, k actions.Kind, ask actions.Ask, l tomlLook) *actions.Plan {
	f := l.file
	now := "not set: the database's own default"
	if v, set, err := apitoml.Get(f.text, tomlTable, tomlKey); err == nil && set {
		now = strconv.FormatInt(v, 10)
	}
	fact := func(name, value, same string) actions.Fact {
		return actions.Fact{Name: name, Value: cluster.Clean(value), Same: same, Age: age(s, l.at), Source: o.Primary.fromHost()}
	}
	return &actions.Plan{
		Kind: k, Ask: ask, Tier: actions.Dangerous, Word: string(o.Primary.Node),
		TierIs: cluster.Clean("it changes the primary's configuration"),
		Target: actions.Target{ID: o.Primary.Node},
		Facts: []actions.Fact{
			fact(tomlKey, now, now),
			fact("file", fmt.Sprintf("%s, %d bytes, owner %s, mode %s, sha256 %.12s", f.Path, f.Bytes, f.Owner, f.Mode, f.SHA), f.SHA+f.Owner.String()+f.Mode.String()),
		},
		Stop: cluster.Clean("not done at all where the file is not what was read"),
	}
}

// doneWithin is by when a change of a file that was begun has come to its end.
const doneWithin = 20 * time.Second

// readBackFile says which text the file has after an answer that was lost.
func readBackFile(t *actions.Trial, s *actions.Scene, wanted, before Stand) actions.Finding {
	d, ours := t.Plan.Deed.(fileDeed)
	l, ok := t.Looked.(tomlLook)
	if !ours || !ok {
		return actions.Finding{Why: cluster.Clean("the host does not answer")}
	}
	switch d.edit.Stand(l.file) {
	case wanted:
		return actions.Finding{Effect: actions.Applied, Why: cluster.Clean("the file is the new one")}
	case before:
		if s.Now.Hand-t.Answered.Hand < doneWithin {
			return actions.Finding{Why: cluster.Clean("the file is still the old one")}
		}
		return actions.Finding{Effect: actions.NotApplied, Why: cluster.Clean("the file is the old one")}
	case StandOther, StandOld, StandNew:
	}
	return actions.Finding{Why: cluster.Clean("somebody else changed the file")}
}
