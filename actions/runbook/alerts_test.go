package runbook

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/stemedb/stemetop/sources/cluster"
)

// fold drives alerts one step at a time, as the timeline does.
type fold struct {
	*Alerts
	at time.Time
}

func newFold(o AlertOptions) *fold { return &fold{NewAlerts(ruleset()[:3], o), now} }

// scrape lets one second pass and one scrape of the primary come in.
func (f *fold) scrape(samples ...cluster.Sample) {
	f.at = f.at.Add(time.Second)
	f.Apply(&cluster.Observation{
		Received: f.at, Taken: f.at.Add(-20 * time.Millisecond), Source: cluster.Source{Kind: cluster.FromMetrics, Node: "node1"},
		Body: &cluster.MetricsReading{Asked: cluster.Families(0).With(cluster.FamilyLag).With(cluster.FamilySyncErrors), Samples: samples},
	})
	f.Evaluate(f.at)
}

// fail lets one second pass and a scrape of the primary fail.
func (f *fold) fail() {
	f.at = f.at.Add(time.Second)
	f.Apply(&cluster.Observation{
		Received: f.at, Source: cluster.Source{Kind: cluster.FromMetrics, Node: "node1"},
		Err: cluster.Fail(cluster.FailTimeout, "no answer", ""),
	})
	f.Evaluate(f.at)
}

func (f *fold) lag(v float64, n int) {
	for range n {
		f.scrape(cluster.Sample{Family: cluster.FamilyLag, Replica: "node2", Value: v})
	}
}

func (f *fold) words(rule int) string {
	a := f.Of("node2", f.at)[rule]
	return a.State.String() + ": " + a.Words(f.at)
}

func (f *fold) want(t *testing.T, rule int, want string) {
	t.Helper()
	if got := f.words(rule); got != want {
		t.Errorf("%s: %q, want %q", f.at.Sub(now), got, want)
	}
}

func TestAlertTellsWhenItFires(t *testing.T) {
	f := newFold(AlertOptions{})
	f.want(t, 0, "nodata: no data yet")
	f.lag(12, 1)
	f.want(t, 0, "pending: fires in 3:00 if it stays")
	f.want(t, 1, "pending: fires in 5:00 if it stays")
	f.lag(12, 108)
	f.want(t, 0, "pending: fires in 1:12 if it stays")
	f.lag(10, 1)
	f.want(t, 0, "inactive: inactive")
	f.want(t, 1, "pending: fires in 3:11 if it stays")
	f.lag(12, 181)
	f.want(t, 0, "firing: firing since 0:00")
	f.lag(12, 72)
	f.want(t, 0, "firing: firing since 1:12")
}

// TestAlertNeverTurnsGreenByLoss is finding 13 of operations: to Prometheus an
// alert whose series vanishes is resolved.
func TestAlertNeverTurnsGreenByLoss(t *testing.T) {
	f := newFold(AlertOptions{})
	f.lag(40, 200)
	f.want(t, 0, "firing: firing since 0:19")
	f.fail()
	if a := f.Of("node2", f.at)[0]; a.Prometheus != AlertInactive {
		t.Errorf("Prometheus would say %v", a.Prometheus)
	}
	f.want(t, 0, "nodata: was firing, source lost 0:00 ago")
	f.scrape() // the primary answers, without the replica
	f.scrape()
	f.want(t, 0, "nodata: was firing, source lost 0:02 ago")
	f.want(t, 1, "nodata: was pending, source lost 0:02 ago")
	f.lag(40, 1)
	f.want(t, 0, "pending: fires in 3:00 if it stays, was firing, source lost 0:03 ago")
	f.fail()
	f.want(t, 0, "nodata: was firing, source lost 0:04 ago")
	f.lag(math.NaN(), 1) // no number is no cure
	f.want(t, 0, "nodata: was firing, source lost 0:05 ago")
	f.lag(3, 1)
	f.want(t, 0, "inactive: inactive")
	f.fail()
	f.want(t, 0, "nodata: no data since 0:00")
}

func TestAlertOnRateTellsWhenItClears(t *testing.T) {
	f := newFold(AlertOptions{})
	errors := func(v float64, n int) {
		for range n {
			f.scrape(cluster.Sample{Family: cluster.FamilySyncErrors, Replica: "node2", Value: v})
		}
	}
	errors(0, 400)
	f.want(t, 2, "inactive: inactive")
	errors(40, 60)
	a := f.Of("node2", f.at)[2]
	if a.State != AlertFiring || a.ClearsAt.IsZero() {
		t.Fatalf("%+v", a)
	}
	f.want(t, 2, "firing: firing since 0:59, clears "+a.ClearsAt.Format(time.TimeOnly)+" if none follow")
	for f.at.Before(a.ClearsAt.Add(-time.Second)) {
		errors(40, 1)
	}
	f.want(t, 2, "firing: firing since "+minutes(f.at.Sub(a.Since))+", clears "+a.ClearsAt.Format(time.TimeOnly)+" if none follow")
	errors(40, 1)
	f.want(t, 2, "inactive: inactive")
	f.scrape(cluster.Sample{Family: cluster.FamilySyncErrors, Replica: "node9", Value: 1})
	if a := f.Of("node9", f.at)[2]; a.State != AlertNoData || !a.Seen {
		t.Errorf("one sample gives no rate: %+v", a)
	}
}

// TestAlertsEvaluateOnAGrid: FiresIn counts to the evaluation that would find so.
func TestAlertsEvaluateOnAGrid(t *testing.T) {
	f := newFold(AlertOptions{Every: 30 * time.Second})
	f.lag(1, 5)
	f.lag(12, 1)
	f.want(t, 0, "inactive: inactive") // not looked at since
	f.lag(12, 25)
	f.want(t, 0, "pending: fires in 3:00 if it stays")
	f.lag(12, 10)
	f.want(t, 0, "pending: fires in 2:50 if it stays")
	f.lag(12, 170)
	f.want(t, 0, "firing: firing since 0:00")
}

func TestAlertsFollowTheSession(t *testing.T) {
	f := newFold(AlertOptions{})
	f.Apply(&cluster.Observation{Body: &cluster.Session{
		Primary: cluster.NodeSpec{ID: "node1"}, Interval: 10 * time.Second,
		Replicas: []cluster.NodeSpec{{ID: "node2"}, {ID: "node3"}},
	}})
	f.lag(12, 1)
	f.lag(1, 5)
	f.want(t, 0, "pending: fires in 2:55 if it stays")
	f.Apply(&cluster.Observation{Body: &cluster.Settings{Interval: time.Second}})
	f.lag(1, 1)
	f.want(t, 0, "inactive: inactive")
	if a := f.Of("node3", f.at)[0]; a.State != AlertNoData || a.Seen || a.Target != "node1" || a.Since.IsZero() {
		t.Errorf("an expected replica that is never seen: %+v", a)
	}
	if n := len(f.List(f.at)); n != 4 {
		t.Errorf("%d alerts, want two rules for two replicas", n)
	}
	for run, want := range map[string]int{"a": 4, "b": 0} {
		g := &fold{f.Clone(), f.at}
		g.Apply(&cluster.Observation{Body: &cluster.Session{Run: "a", Primary: cluster.NodeSpec{ID: "node1"}}})
		g.Apply(&cluster.Observation{Body: &cluster.Session{Run: run, Primary: cluster.NodeSpec{ID: "node1"}}})
		if n := len(g.List(g.at)); n != want {
			t.Errorf("%d alerts after run %s, want %d", n, run, want)
		}
	}
}

// TestAlertsOfTwoTargets: both the primary and the replica may tell of its
// errors; the graver counts, whichever came first.
func TestAlertsOfTwoTargets(t *testing.T) {
	for _, loud := range []cluster.NodeID{"node1", "node2"} {
		a := NewAlerts(ruleset()[:3], AlertOptions{})
		for i := range 400 {
			at := now.Add(time.Duration(i) * time.Second)
			for _, target := range []cluster.NodeID{"node1", "node2"} {
				v := 0.0
				if target == loud {
					v = float64(i)
				}
				a.Observe(target, cluster.FamilySyncErrors, "node2", at, v)
			}
			a.Evaluate(at)
		}
		if x := a.Of("node2", now)[2]; x.Target != loud || x.State != AlertFiring {
			t.Errorf("%s: %+v", loud, x)
		}
		a.Absent(loud, cluster.FamilySyncErrors, "node2")
		a.Evaluate(now.Add(time.Hour))
		if x := a.Of("node2", now)[2]; x.State != AlertNoData || x.Was != map[bool]AlertState{true: AlertFiring}[x.Target == loud] {
			t.Errorf("%s lost: %+v", loud, x)
		}
	}
}

// TestAlertsSurviveAClockStep: an hour back by the clock is no hour of holding.
func TestAlertsSurviveAClockStep(t *testing.T) {
	f := newFold(AlertOptions{})
	f.lag(12, 60)
	for _, by := range []time.Duration{-time.Hour, 3 * time.Hour} {
		f.at = f.at.Add(by)
		f.Apply(&cluster.Observation{Body: &cluster.ClockStep{By: by}})
		f.lag(12, 10)
	}
	f.want(t, 0, "pending: fires in 1:41 if it stays")
}

// TestAlertsForget: made-up names can't fill the memory for ever.
func TestAlertsForget(t *testing.T) {
	f := newFold(AlertOptions{})
	f.scrape(cluster.Sample{Family: cluster.FamilyLag, Replica: "x", Value: 1})
	f.scrape()
	f.at = f.at.Add(25 * time.Hour)
	f.scrape()
	if list := f.List(f.at); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

func TestAlertMemoryIsBounded(t *testing.T) {
	f := newFold(AlertOptions{})
	for i := range 2000 {
		f.scrape(
			cluster.Sample{Family: cluster.FamilySyncErrors, Replica: "node2", Value: float64(i)},
			cluster.Sample{Family: cluster.FamilyLag, Replica: "node2", Value: float64(i)},
			cluster.Sample{Family: cluster.FamilyAssertions, Replica: "node2", Value: float64(i)},
		)
	}
	for _, s := range f.Memory().Series {
		if len(s.Samples) > 301 || cap(s.Samples) > 1000 || (s.Family == cluster.FamilyLag && len(s.Samples) != 1) {
			t.Errorf("%v: %d samples", s.Family, len(s.Samples))
		}
		if s.Family == cluster.FamilyAssertions {
			t.Error("a series that no rule is about")
		}
	}
}

// TestAlertsGoOnFromMemory: a copy, one through JSON too, and the original say
// the same ever after, and change nothing in each other.
func TestAlertsGoOnFromMemory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFold(AlertOptions{Every: time.Duration(rapid.IntRange(0, 3).Draw(t, "every")) * time.Second})
		step := func(f *fold, kind int) {
			switch {
			case kind == 0:
				f.fail()
			case kind < 3:
				f.scrape(cluster.Sample{Family: cluster.FamilySyncErrors, Value: float64(40 * kind)})
			default:
				f.lag(float64(kind), 30)
			}
		}
		kinds := rapid.SliceOfN(rapid.IntRange(0, 14), 1, 30)
		for _, k := range kinds.Draw(t, "before") {
			step(f, k)
		}
		raw, err := json.Marshal(f.Memory())
		if err != nil {
			t.Fatal(err)
		}
		var m AlertMemory
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		read := &fold{RecallAlerts(ruleset()[:3], f.options, m), f.at}
		clone := &fold{f.Clone(), f.at}
		for _, k := range kinds.Draw(t, "after") {
			for _, x := range []*fold{f, clone, read} {
				step(x, k)
			}
			same := cmp.AllowUnexported(cluster.Figure{}, cluster.Text{})
			if d := cmp.Diff(f.List(f.at), clone.List(f.at), same); d != "" {
				t.Fatal("clone:", d)
			}
			if d := cmp.Diff(f.List(f.at), read.List(f.at), same); d != "" {
				t.Fatal("memory:", d)
			}
		}
	})
}

func TestRuleCheck(t *testing.T) {
	for i, r := range ruleset() {
		if err := r.Check(); err != nil {
			t.Errorf("rule %d: %v", i, err)
		}
	}
	good := ruleset()[2]
	for name, spoil := range map[string]func(*Rule){
		"name":      func(r *Rule) { r.Name = cluster.Text{} },
		"family":    func(r *Rule) { r.Family = 200 },
		"threshold": func(r *Rule) { r.Above = math.NaN() },
		"for":       func(r *Rule) { r.For = -1 },
		"range":     func(r *Rule) { r.Rate = 2 * time.Hour },
	} {
		bad := good
		spoil(&bad)
		if bad.Check() == nil {
			t.Errorf("a bad %s passes", name)
		}
	}
}

// BenchmarkAlerts is one second of a thousand replicas: a scrape of the primary
// and an evaluation. Budget: 20 ms, 2 % of a core.
func BenchmarkAlerts(b *testing.B) {
	f := newFold(AlertOptions{})
	var samples []cluster.Sample
	for i := range 1000 {
		id := cluster.NodeID("node" + string(rune('a'+i%26)) + time.Duration(i).String())
		samples = append(
			samples,
			cluster.Sample{Family: cluster.FamilyLag, Replica: id, Value: 12},
			cluster.Sample{Family: cluster.FamilySyncErrors, Replica: id, Value: 3},
		)
	}
	for range 300 {
		f.scrape(samples...)
	}
	b.ReportAllocs()
	for b.Loop() {
		f.scrape(samples...)
	}
}

// TestAlertsRememberSparsely: a rate of samples some way apart is that of all of
// them but for what grew within one space, also over a counter that fell.
func TestAlertsRememberSparsely(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const space = 5 * time.Second
		rules := ruleset()[:3]
		all, some := NewAlerts(rules, AlertOptions{}), NewAlerts(rules, AlertOptions{Space: space})
		step := rapid.IntRange(200, 20_000).Draw(t, "ms between scrapes")
		most := rapid.Float64Range(0, 5).Draw(t, "most growth")
		rnd := rapid.Float64Range(0, 1)
		v, fallen := 0.0, 0
		for i := range 400 {
			if rapid.IntRange(0, 150).Draw(t, "falls") == 0 && v > 0 {
				v, fallen = 0, fallen+1
			}
			v += most * rnd.Draw(t, "grows")
			at := now.Add(time.Duration(i*step) * time.Millisecond)
			for _, a := range []*Alerts{all, some} {
				a.Observe("node1", cluster.FamilySyncErrors, "node2", at, v)
			}
			key := alertKey{cluster.FamilySyncErrors, "node2"}
			x, y := all.targets["node1"][key], some.targets["node1"][key]
			a, okA := x.value(&rules[2], &all.options, at.UnixMilli())
			b, okB := y.value(&rules[2], &some.options, at.UnixMilli())
			// Within a space of the range's edge there may be one sample more or less,
			// and what is before the first is extrapolated from the spacing.
			within := most * (2*space.Seconds()*1000/float64(step) + 2) / rules[2].Rate.Seconds()
			if okA != okB || math.Abs(a-b) > within+0.06*a {
				t.Fatalf("after %d: %v %v of all, %v %v of some", i, a, okA, b, okB)
			}
			apart := max(step, int(space.Milliseconds())-step) // of two that stay
			if n, most := len(y.Samples), int(rules[2].Rate.Milliseconds())/apart+4+2*fallen; n > most {
				t.Fatalf("%d samples, at most %d", n, most)
			}
		}
	})
}
