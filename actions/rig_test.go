package actions

import (
	"fmt"
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

var t0 = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

// rig plays the world around the reducer: a cluster whose numbers are set by
// hand, a clock, a journal and a server that do as told.
type rig struct {
	t     testing.TB
	state State
	fold  *cluster.State
	hist  *cluster.History
	seq   uint64
	mono  time.Duration
	skew  time.Duration // of the wall clock

	count, ingest float64
	reads         func(ReadFacts) // right before they are answered; may be nil
	nodes         map[cluster.NodeID]*node
	order         []cluster.NodeID
	tripped       []cluster.NodeID
	blind         bool           // the primary does not answer
	mute          bool           // no replica does
	silent        cluster.NodeID // nor does this one
	lagless       bool           // the primary tells no lag
	failed        float64        // syncs of node2 so far; none are told where 0
	limit         LimitReading
	peer          admin.Peer
	looked        any // what a Look finds
	lookFailed    *cluster.Failure

	intentErr error
	holds     bool // nobody reads, records or answers by itself
	answer    func(Send) (admin.Result, bool)
	done      []Do
	sent      []Send
	ids       int
}

type node struct{ lag, apply, count, progress, synced float64 }

func newRig(t testing.TB) *rig {
	client, err := admin.New(admin.Options{URL: "http://node1:18180"})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{
		t: t, fold: cluster.NewState(), hist: cluster.NewHistory(cluster.HistoryOptions{}), count: 1e6, ingest: 1500,
		nodes: map[cluster.NodeID]*node{"node2": {lag: 41, apply: 620, count: 9e5, progress: 1, synced: 7}, "node3": {lag: 0.2, apply: 1500, count: 1e6, progress: 1, synced: 7}},
		order: []cluster.NodeID{"node2", "node3"},
		limit: LimitReading{Limit: admin.Limit{Unlimited: true}, At: t0},
	}
	r.answer = func(Send) (admin.Result, bool) { return admin.Result{Verdict: admin.Accepted}, true }
	r.state = NewState(&Settings{
		Requests: client, Who: cluster.Clean("dana"), Via: "terminal", Floor: 50, Steps: []int64{100, 500, 1000, 2000}, Hold: 5 * time.Minute, Table: Table(),
	})
	r.observe(cluster.Source{Kind: cluster.FromMonitor}, &cluster.Session{
		Run: "r", Cluster: cluster.Clean("prod-eu"), Interval: time.Second, Speed: 1,
		Primary:    cluster.NodeSpec{ID: "node1", Metrics: true},
		Replicas:   []cluster.NodeSpec{{ID: "node2", Metrics: true, AgentID: "agent-node2"}, {ID: "node3", Metrics: true, AgentID: "agent-node3"}},
		Thresholds: cluster.Thresholds{Warning: 5 * time.Second, Critical: 10 * time.Second, Escalate: time.Minute},
	})
	r.run(10 * time.Second)
	return r
}

func (r *rig) now() Now {
	return Now{Wall: t0.Add(r.mono + r.skew), Mono: r.mono, Hand: r.mono}
}

func (r *rig) observe(src cluster.Source, b cluster.Body) {
	r.seq++
	o := cluster.Observation{Seq: r.seq, Received: r.now().Wall, Mono: r.mono, Taken: r.now().Wall, Took: time.Millisecond, Source: src, Body: b}
	r.fold.Apply(&o)
	r.hist.Apply(&o, r.fold)
}

// scrape is one round of readings.
func (r *rig) scrape() {
	if r.blind {
		return
	}
	m := &cluster.MetricsReading{Asked: 1<<cluster.NumFamilies - 1, Samples: []cluster.Sample{{Family: cluster.FamilyAssertions, Value: r.count}}}
	for _, f := range []cluster.Family{cluster.FamilyLag, cluster.FamilySyncProgress, cluster.FamilySyncDurationCount} {
		if f == cluster.FamilyLag && r.lagless {
			continue
		}
		for _, id := range r.order {
			v := r.nodes[id].lag
			switch {
			case f == cluster.FamilySyncProgress:
				v = r.nodes[id].progress
			case f != cluster.FamilySyncDurationCount:
			case r.mono <= time.Second, r.mono%(15*time.Second) == 0: // it is read at first, and rarely then
				v = r.nodes[id].synced
			default:
				continue
			}
			m.Samples = append(m.Samples, cluster.Sample{Family: f, Replica: id, Value: v})
		}
	}
	if r.failed > 0 {
		m.Samples = append(m.Samples, cluster.Sample{Family: cluster.FamilySyncErrors, Replica: "node2", Value: r.failed})
	}
	m.Unit = cluster.ProgressRatio
	r.observe(cluster.Source{Kind: cluster.FromMetrics, Node: "node1"}, m)
	for _, id := range r.order {
		if r.mute {
			break
		}
		if id == r.silent {
			continue
		}
		r.observe(cluster.Source{Kind: cluster.FromMetrics, Node: id}, &cluster.MetricsReading{
			Asked: 1 << cluster.FamilyAssertions, Samples: []cluster.Sample{{Family: cluster.FamilyAssertions, Value: r.nodes[id].count}},
		})
	}
	b := &cluster.BreakersReading{}
	for _, id := range r.tripped {
		b.Tripped = append(b.Tripped, cluster.TrippedBreaker{Agent: id, State: cluster.Clean("open")})
	}
	r.observe(cluster.Source{Kind: cluster.FromAdmin, Node: "node1"}, b)
}

func (r *rig) world() World {
	l := r.limit
	if !l.At.IsZero() {
		l.At, l.Mono = r.now().Wall, r.mono
	}
	return World{Snapshot: r.fold.Snapshot(r.now().Wall, r.hist), Limit: l, Peer: r.peer, Looked: r.looked, LookFailed: r.lookFailed}
}

// run lets time pass: a round of readings each second, and four ticks.
func (r *rig) run(d time.Duration) {
	for end := r.mono + d; r.mono < end; {
		r.mono += 250 * time.Millisecond
		if r.mono%time.Second == 0 {
			r.count += r.ingest
			for _, id := range r.order {
				n := r.nodes[id]
				n.count += n.apply
				n.lag = max(0, n.lag+(r.ingest-n.apply)/2000)
				if n.apply >= r.ingest && n.lag < 1 {
					n.lag = 0.2
				}
			}
			r.scrape()
			r.do(Seen{World: r.world()})
		}
		r.do(Tick{})
	}
}

// do gives the reducer an event, and does what it wants.
func (r *rig) do(w What) {
	r.t.Helper()
	var out []Do
	r.state, out = Step(r.state, Event{r.now(), w})
	r.done = append(r.done, out...)
	for _, d := range out {
		r.effect(d)
	}
}

func (r *rig) effect(d Do) {
	if s, ok := d.(Send); ok {
		r.sent = append(r.sent, s)
	}
	if r.holds {
		return
	}
	switch d := d.(type) {
	case ReadFacts:
		if r.reads != nil {
			r.reads(d)
		}
		r.do(Seen{For: d.For, World: r.world()})
	case WriteIntent:
		r.do(Recorded{Action: d.Intent.Action, Err: r.intentErr})
	case WriteRecord:
		if d.Record.Resolution != nil {
			r.do(Recorded{Action: d.Record.Resolution.Action})
		}
	case Override:
		r.intentErr = nil
		r.do(Overridden{})
	case Send:
		if res, ok := r.answer(d); ok {
			r.do(Answered{Action: d.Action, Result: res})
		}
	case StopWaiting:
		r.do(Answered{Action: d.Action, Result: admin.Result{Verdict: admin.Ambiguous}})
	}
}

// propose asks, and lets the dialog be looked at.
func (r *rig) propose(a Ask) {
	r.t.Helper()
	r.ids++
	r.do(Propose{ID: fmt.Sprintf("p%d", r.ids), Ask: a})
	r.look()
}

// look is a paint and a second of looking.
func (r *rig) look() {
	if d := r.state.Dialog; d != nil {
		r.do(Painted{Shown: d.Shown})
	}
	r.run(time.Second)
}

// keys presses keys as fingers do.
func (r *rig) keys(names ...string) {
	r.t.Helper()
	for _, name := range names {
		r.run(250 * time.Millisecond)
		r.do(Key{Name: name})
	}
}

func (r *rig) phase() string {
	if r.state.Dialog == nil {
		return "closed"
	}
	return r.state.Dialog.Phase.String()
}

func (r *rig) want(phase string, sent int) {
	r.t.Helper()
	if got := r.phase(); got != phase || len(r.sent) != sent {
		note := ""
		if d := r.state.Dialog; d != nil {
			note = fmt.Sprintf("note %q, changed %v, refusal %v", d.Note, d.Changed, d.Refusal)
		}
		r.t.Fatalf("%s with %d sent, want %s with %d; %s", got, len(r.sent), phase, sent, note)
	}
}

// records are the records of a kind that were written, the intents among them.
func (r *rig) records(k journal.Kind) []journal.Record {
	var list []journal.Record
	for _, d := range r.done {
		switch d := d.(type) {
		case WriteIntent:
			if k == journal.KindIntent {
				in := d.Intent
				list = append(list, journal.Record{Kind: k, Intent: &in})
			}
		case WriteRecord:
			if d.Record.Kind == k {
				list = append(list, d.Record)
			}
		}
	}
	return list
}

// verdict is that of the newest effect.
func (r *rig) verdict() string {
	list := r.records(journal.KindEffect)
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1].Effect.Verdict
}
