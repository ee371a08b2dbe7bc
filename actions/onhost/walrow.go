package onhost

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/actions"
	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
)

// walLook is the disk of a replica's write-ahead log as it was found.
type walLook struct {
	disk *Disk
	at   time.Time
}

func walRow(o Options) actions.Action {
	return actions.Action{
		Kind: KindWALTest, Title: "write test of the WAL disk", Needs: actions.NeedsReplica, Absolute: true,
		Look: func(ctx context.Context, ask actions.Ask) (any, *cluster.Failure) {
			p, ok := o.Replicas[ask.Target]
			if !ok {
				return nil, o.noReplica(ask.Target)
			}
			at := o.Now()
			d, failure := o.WAL.Look(ctx, p.Host)
			if failure != nil {
				return nil, failure
			}
			return walLook{d, at}, nil
		},
		Propose: o.proposeWAL, ReadBack: readBackWAL,
	}
}

func (o Options) noReplica(id cluster.NodeID) *cluster.Failure {
	if id == "" {
		return cluster.Fail(cluster.FailConfig, "no replica is named", "choose one")
	}
	return noHost(id.Text().String())
}

func (o Options) proposeWAL(s *actions.Scene, ask actions.Ask) (*actions.Plan, *actions.Refusal) {
	l, ok := s.Looked.(walLook)
	place, there := o.Replicas[ask.Target]
	if !ok || !there {
		return nil, unread()
	}
	if f := l.disk.Refusal(o.WAL); f != nil {
		return nil, refuse(f)
	}
	p := &actions.Plan{
		Kind: KindWALTest, Ask: ask, Tier: actions.Dangerous, Word: string(ask.Target),
		Title:  cluster.Clean("test the WAL disk of " + ask.Target.Text().String()),
		TierIs: cluster.Clean("it writes " + bytesOf(uint64(o.WAL.MiB)<<20) + " to the disk that replication waits for"),
		Target: actions.Target{ID: ask.Target},
		Deed:   o.walDeed(&place, l.disk),
		Facts:  append(walFacts(s, &place, l, o.WAL), diskFacts(s, ask.Target)...),
		Warn:   l.disk.Warnings(o.WAL),
		Expect: cluster.Clean("more than 100 MB/s on an SSD, within " + secs(o.WAL.Limit)),
		Stop:   cluster.Clean("esc; by itself at the time limit, where the connection is lost or others use up the space"),
		Undo:   cluster.Clean("none is needed: its file has no name, and nothing of it stays"),
	}
	return p, nil
}

func (o Options) walDeed(place *Place, d *Disk) actions.Deed {
	w := o.WAL
	return deed{
		place: place, path: w.Dir, lines: []cluster.Text{cluster.Clean("cd " + d.Path.String()), cluster.Clean(w.Command())},
		digest: digest([]byte(strings.Join([]string{"wal", string(place.Node), place.Address.String(), d.Path.String(), w.Command()}, "\n"))),
		do: func(ctx context.Context, h Host, tell func(cluster.Text)) admin.Result {
			f, r := w.Run(ctx, h, func(p Progress) {
				tell(cluster.Clean(fmt.Sprintf("%s of %s written in %s", bytesOf(p.Bytes), bytesOf(uint64(w.MiB)<<20), p.Elapsed.Round(time.Second))))
			})
			if f != nil {
				r.Reason = cluster.Clean(f.String())
			}
			return r
		},
	}
}

// walFacts are what the host tells of the disk.
func walFacts(s *actions.Scene, place *Place, l walLook, w WALTest) []actions.Fact {
	d := l.disk
	return []actions.Fact{
		{
			Name: "WAL disk", Value: cluster.Clean(d.Source.String() + ", " + d.FS.String()), Same: d.Source.String() + " " + d.FS.String(),
			Age: age(s, l.at), Source: place.fromHost(),
		},
		{
			Name: "free", Value: cluster.Clean(fmt.Sprintf("%s of %s; %s have to stay", bytesOf(d.Free), bytesOf(d.Total), bytesOf(w.Floor.of(d)))),
			Age: age(s, l.at), Source: place.fromHost(),
		},
	}
}

// diskFacts are what is measured of the disk all the time, and what waits for it.
func diskFacts(s *actions.Scene, id cluster.NodeID) []actions.Fact {
	r := s.Snapshot.Replica(id)
	if r == nil {
		return nil
	}
	var list []actions.Fact
	if ds := r.Host.Disks; len(ds) > 0 && ds[0].WAL {
		seen, ok := r.Host.Age(s.Now.Wall)
		if !ok {
			seen = actions.NoAge
		}
		list = append(list, actions.Fact{
			Name: "its load", Age: seen, Source: "its host",
			Value: cluster.Clean(number0(ds[0].Util, " %util") + ", w_await " + number0(ds[0].WriteAwait, " ms")),
		})
	}
	return append(list, s.Lag(r))
}

// number0 writes a figure without decimals.
func number0(f cluster.Figure, unit string) string {
	v, ok := f.Value()
	if !ok {
		return "unknown"
	}
	return strconv.FormatFloat(v, 'f', 0, 64) + unit
}

// secs writes a span in whole seconds.
func secs(d time.Duration) string { return strconv.Itoa(int(d.Round(time.Second)/time.Second)) + " s" }

// readBackWAL says what became of a test whose end was not heard: its file has no
// name, so that there is nothing to look for but the test itself.
func readBackWAL(t *actions.Trial, _ *actions.Scene) actions.Finding {
	l, ok := t.Looked.(walLook)
	switch {
	case !ok || l.disk == nil:
		return actions.Finding{Why: cluster.Clean("the host does not answer")}
	case l.disk.Running:
		return actions.Finding{Why: cluster.Clean("it still runs, and ends by itself")}
	}
	// Its figure is all that it is for.
	return actions.Finding{Effect: actions.NotApplied, Why: cluster.Clean("it is over and its file is gone, and its figure was not heard: test again")}
}
