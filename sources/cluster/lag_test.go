package cluster

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestLagLiveThenStale(t *testing.T) {
	f := newFeed(t)
	f.primary(sec(1), 1000, map[NodeID]float64{"node2": 12.5})
	for _, c := range []struct {
		at   float64
		want LagState
	}{{1, LagLive}, {2.5, LagLive}, {4, LagLive}, {4.01, LagStale}, {500, LagStale}} {
		l := f.lag("node2", sec(c.at))
		if l.State != c.want {
			t.Errorf("at %v s: %v, want %v", c.at, l.State, c.want)
		}
		wantFigure(t, "seconds", l.Seconds, 12.5)
		if want := sec(c.at - 1); l.Age != want {
			t.Errorf("at %v s: age %v, want %v", c.at, l.Age, want)
		}
	}
}

func TestLagNotANumber(t *testing.T) {
	for name, v := range map[string]float64{
		"NaN": math.NaN(), "infinity": math.Inf(1), "negative": -3,
	} {
		f := newFeed(t)
		f.primary(sec(1), 1000, map[NodeID]float64{"node2": 12.5})
		f.primary(sec(2), 1100, map[NodeID]float64{"node2": v})
		l := f.lag("node2", sec(2.1))
		if l.State != LagUnknown || !strings.Contains(l.Why.String(), name) {
			t.Errorf("%s: %v because %q", name, l.State, l.Why)
		}
		wantUnknown(t, name, l.Seconds)
		if l.Taken.IsZero() || l.Age != sec(1.1) {
			t.Errorf("%s: the last that was known is %v old, want 1.1 s", name, l.Age)
		}
	}
}

func TestLagNoiseBelowZeroIsZero(t *testing.T) {
	f := newFeed(t)
	f.primary(sec(1), 1000, map[NodeID]float64{"node2": -0.2})
	l := f.lag("node2", sec(1))
	if l.State != LagLive {
		t.Fatal(l.State, l.Why)
	}
	if v, _ := l.Seconds.Value(); v != 0 || math.Signbit(v) {
		t.Errorf("lag %v, want 0", v)
	}
}

func TestLagOfVanishedReplica(t *testing.T) {
	f := newFeed(t)
	f.primary(sec(1), 1000, map[NodeID]float64{"node2": 1, "node9": 2})
	f.primary(sec(2), 1000, map[NodeID]float64{"node2": 1})
	l := f.lag("node9", sec(4))
	if l.State != LagUnknown || !strings.Contains(l.Why.String(), "vanished") || l.Age != sec(3) {
		t.Errorf("%v because %q, %v old", l.State, l.Why, l.Age)
	}
	if r := f.at(sec(2)).Replica("node9"); r.Configured {
		t.Error("a discovered replica counts as configured")
	}
	if l := f.lag("node3", sec(2)); l.State != LagUnknown || strings.Contains(l.Why.String(), "vanished") || !l.Taken.IsZero() {
		t.Errorf("never seen: %v because %q", l.State, l.Why)
	}
}

func TestLagOfPartialReadingSaysNothingOfTheRest(t *testing.T) {
	f := newFeed(t)
	f.primary(sec(1), 1000, map[NodeID]float64{"node2": 1, "node3": 2})
	f.publish(sec(2), Source{FromMetrics, "node1"}, &MetricsReading{
		Asked: allFamilies(), Samples: []Sample{{Family: FamilyLag, Replica: "node2", Value: 1.5}},
	}, Fail(FailFormat, "garbage on line 3", ""))
	if l := f.lag("node3", sec(2)); l.State != LagLive {
		t.Errorf("node3 %v because %q", l.State, l.Why)
	}
	a := f.at(sec(2)).Primary.Metrics
	if !a.Reachable || a.Err == nil {
		t.Errorf("partial reading: reachable %v, error %v", a.Reachable, a.Err)
	}
}

func TestLagFrozen(t *testing.T) {
	type tick struct{ lag, primary, replica float64 }
	run := func(n int, f func(i float64) tick) (*feed, time.Duration) {
		d := newFeed(t)
		for i := range n {
			k, at := f(float64(i)), sec(float64(i))
			d.primary(at, k.primary, map[NodeID]float64{"node2": k.lag})
			d.replica("node2", at+sec(0.01), k.replica)
		}
		return d, sec(float64(n-1) + 0.02)
	}
	cases := []struct {
		name string
		tick func(i float64) tick
		want LagState
	}{
		{"digits stand, gap grows", func(i float64) tick { return tick{12.5, 1e6 + 1000*i, 990000} }, LagFrozen},
		{"digits stand, gap stands", func(i float64) tick { return tick{12.5, 1e6 + 1000*i, 987500 + 1000*i} }, LagLive},
		{"digits move, gap grows", func(i float64) tick { return tick{12.5 + i, 1e6 + 1000*i, 990000} }, LagLive},
		{"small, and the gap moves by a batch", func(i float64) tick {
			return tick{0.157, 1e6 + 1500*i, 1e6 - 235 + 1500*i + 31*math.Mod(i, 2)}
		}, LagLive},
		{"digits stand, and the primary's rate changes", func(i float64) tick {
			return tick{12, 1e6 + 1500*min(i, 5) + 500*max(0, i-5), 982000 + 1500*i}
		}, LagLive},
		{"digits move, gap outgrows them", func(i float64) tick { return tick{0.05 + 0.003*i, 1e6 + 1000*i, 1e6 + 100*i} }, LagFrozen},
		{"digits move, the replica's count is renewed each half minute", func(i float64) tick {
			return tick{0.3 + 0.01*math.Mod(i, 7), 1e6 + 1000*i, 1e6 + 30000*math.Floor(i/30) - 300}
		}, LagLive},
		{"digits follow the gap", func(i float64) tick { return tick{0.05 + 0.9*i, 1e6 + 1000*i, 1e6 + 100*i} }, LagLive},
		{"zero and the replica stands", func(i float64) tick { return tick{0, 1e6 + 1000*i, 1e6} }, LagFrozen},
		{"zero and the replica keeps up", func(i float64) tick { return tick{0, 1e6 + 1000*i, 1e6 + 1000*i} }, LagLive},
		{"zero and nobody writes", func(float64) tick { return tick{0, 1e6, 1e6} }, LagLive},
		{"zero and the replica falls behind", func(i float64) tick { return tick{0, 1e6 + 1000*i, 1e6 + 300*i} }, LagFrozen},
		{"zero and the replica crawls", func(i float64) tick { return tick{0, 1e6 + 1000*i, 1e6 + math.Floor(i/3)} }, LagFrozen},
		{"zero and a burst arrives", func(i float64) tick {
			return tick{0, 1e6 + 100*i + 5e4*min(1, max(0, i-10)), 1e6 + 100*i}
		}, LagLive},
		{"zero and writing begins", func(i float64) tick { return tick{0, 1e6 + 1000*max(0, i-7), 1e6 + 1000*max(0, i-8)} }, LagLive},
	}
	for _, c := range cases {
		d, at := run(12, c.tick)
		if l := d.lag("node2", at); l.State != c.want {
			t.Errorf("%s: %v, want %v", c.name, l.State, c.want)
		}
	}
	if d, at := run(4, cases[0].tick); d.lag("node2", at).State != LagLive {
		t.Error("frozen after four readings")
	}
}

// A gauge that stands at zero may be right for long and then wrong, and right again.
func TestLagZeroFreezesAndThaws(t *testing.T) {
	f, count := newFeed(t), 1e6
	step := func(i int, apply float64) LagState {
		f.primary(sec(float64(i)), 1e6+1000*float64(i), map[NodeID]float64{"node2": 0})
		f.replica("node2", sec(float64(i)+0.01), count)
		count += apply
		return f.lag("node2", sec(float64(i)+0.02)).State
	}
	for i := range 100 {
		if got := step(i, 1000); got != LagLive {
			t.Fatalf("keeping up, reading %d: %v", i, got)
		}
	}
	for i := 100; i < 110; i++ {
		if got := step(i, 0); i > 107 && got != LagFrozen {
			t.Errorf("standing still, reading %d: %v", i, got)
		}
	}
	step(110, 11000) // all at once
	for i := 111; i < 140; i++ {
		if got := step(i, 1000); i > 112 && got != LagLive {
			t.Errorf("keeping up again, reading %d: %v", i, got)
		}
	}
}

// A restart moves the gap by all that was counted before: that accuses nobody,
// and is no figure.
func TestResetCountsTellNoGap(t *testing.T) {
	for name, anew := range map[string]struct{ primary, replica float64 }{"primary": {1, 0}, "replica": {0, 1}, "both": {1, 1}} {
		f := newFeed(t)
		for i := range 40 {
			p, r := 1e6+1000*float64(i), 1e6-990+1000*float64(i) // 10 ms later
			if i >= 20 {
				p, r = p-anew.primary*1.01e6, r-anew.replica*1.01e6
			}
			at := sec(float64(i))
			f.primary(at, p, map[NodeID]float64{"node2": 1, "node3": 0})
			f.replica("node2", at+sec(0.01), r)
			f.replica("node3", at+sec(0.01), r+1000)
			for _, id := range []NodeID{"node2", "node3"} {
				if l := f.lag(id, at+sec(0.02)); l.State != LagLive {
					t.Fatalf("%s, reading %d of %s: %v", name, i, id, l.State)
				}
			}
			a := f.at(at + sec(0.02)).Replica("node2").Assertions
			if i == 0 {
				continue // no rate yet
			}
			if i < 20 {
				wantFigure(t, name, a.Behind, 1000)
				continue
			}
			wantUnknown(t, name, a.Behind)
			if !strings.Contains(a.Why.String(), "anew") {
				t.Errorf("%s: because %q", name, a.Why)
			}
		}
	}
}

// A replica whose page is rendered every 15 s only.
func TestLagZeroOfASlowPageIsLive(t *testing.T) {
	f := newFeed(t)
	for i := range 120 {
		f.primary(sec(float64(i)), 1e6+1000*float64(i), map[NodeID]float64{"node2": 0})
		f.replica("node2", sec(float64(i)+0.01), 1e6+1000*float64(i-i%15))
		// Until it moved once nobody can know that it is slow.
		if got := f.lag("node2", sec(float64(i)+0.02)).State; i > 15 && got != LagLive {
			t.Errorf("reading %d: %v", i, got)
		}
	}
}

// Whole seconds stand still for hours while the gap goes with the day's load.
func TestLagOfAnHonestCoarseGaugeIsLive(t *testing.T) {
	f, primary, replica := newFeed(t), 1e6, 1e6-2000.0
	for i := range 3600 {
		rate := 1000 - float64(i)/4
		f.primary(sec(float64(i)), primary, map[NodeID]float64{"node2": 2})
		f.replica("node2", sec(float64(i)+0.01), replica)
		primary += rate
		replica = primary - 2*rate
		if got := f.lag("node2", sec(float64(i)+0.02)).State; got != LagLive {
			t.Fatalf("reading %d: %v", i, got)
		}
	}
}

func TestLagOfUnreachableReplicaIsNotFrozen(t *testing.T) {
	f := newFeed(t)
	f.replica("node2", 0, 900000)
	for i := range 20 {
		f.primary(sec(float64(i)+0.1), 1e6+1000*float64(i), map[NodeID]float64{"node2": 12.5})
	}
	if l := f.lag("node2", sec(19.2)); l.State != LagLive {
		t.Errorf("%v: a count that is not fresh proves nothing", l.State)
	}
}

func TestLagThaws(t *testing.T) {
	f := newFeed(t)
	for i := range 10 {
		f.primary(sec(float64(i)), 1e6+1000*float64(i), map[NodeID]float64{"node2": 7})
		f.replica("node2", sec(float64(i)+0.01), 900000)
	}
	if l := f.lag("node2", sec(9.1)); l.State != LagFrozen || !l.Since.Equal(t0) {
		t.Fatalf("%v since %v", l.State, l.Since)
	}
	f.primary(sec(10), 1.01e6, map[NodeID]float64{"node2": 21})
	if l := f.lag("node2", sec(10)); l.State != LagLive {
		t.Error(l.State)
	}
}

func TestBehind(t *testing.T) {
	cases := []struct {
		name        string
		primaryRate float64
		replicaLess float64       // how much the replica's count is below the primary's at one instant
		apart       time.Duration // how much later the replica is scraped
		took        time.Duration
		want        float64
		unknown     bool
	}{
		{"caught up", 1500, 0, 10 * time.Millisecond, 2 * time.Millisecond, 0, false},
		{"behind", 1500, 18200, 10 * time.Millisecond, 2 * time.Millisecond, 18200, false},
		{"scraped late, still exact", 1500, 18200, 400 * time.Millisecond, 2 * time.Millisecond, 18200, false},
		{"nobody writes", 0, 0, 10 * time.Millisecond, time.Second, 0, false},
		{"a slow answer hides a small gap", 1500, 300, 10 * time.Millisecond, 1800 * time.Millisecond, 0, true},
		{"a slow answer leaves a large gap", 1500, 30000, 10 * time.Millisecond, 1800 * time.Millisecond, 30000, false},
		{"above the primary", 1500, -5000, 10 * time.Millisecond, 2 * time.Millisecond, 0, true},
	}
	for _, c := range cases {
		f := newFeed(t)
		var at time.Duration
		for i := range 12 {
			at = sec(float64(i))
			f.primary(at, 1e6+c.primaryRate*at.Seconds(), map[NodeID]float64{"node2": 1})
			at += c.apart
			f.seq++
			o := Observation{
				Seq: f.seq, Received: t0.Add(at), Taken: t0.Add(at), Took: c.took, Source: Source{FromMetrics, "node2"},
				Body: &MetricsReading{Asked: allFamilies(), Samples: []Sample{{
					Family: FamilyAssertions, Value: 1e6 + c.primaryRate*at.Seconds() - c.replicaLess,
				}}},
			}
			f.state.Apply(&o)
		}
		got := f.at(at).Replica("node2").Assertions
		if c.unknown {
			wantUnknown(t, c.name, got.Behind)
			if got.Why.IsZero() {
				t.Errorf("%s: no reason", c.name)
			}
			continue
		}
		wantFigure(t, c.name, got.Behind, c.want)
		wantFigure(t, c.name+": apply rate", got.PerSecond, c.primaryRate)
	}
}

func TestCounterResetIsAGap(t *testing.T) {
	f := newFeed(t)
	for i := range 5 {
		f.replica("node2", sec(float64(i)), 1e6+1000*float64(i))
	}
	f.replica("node2", sec(5), 40)
	a := f.at(sec(5)).Replica("node2").Assertions
	wantUnknown(t, "rate over a reset", a.PerSecond)
	wantFigure(t, "count", a.Indexed, 40)
	f.replica("node2", sec(6), 540)
	wantFigure(t, "rate after it", f.at(sec(6)).Replica("node2").Assertions.PerSecond, 500)
}

func TestCountThatIsNoneSaysWhy(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), -5} {
		f := newFeed(t)
		for i := range 3 {
			f.primary(sec(float64(i)), v, map[NodeID]float64{"node2": 1})
			f.replica("node2", sec(float64(i)+0.01), v)
		}
		s := f.at(sec(2.1))
		wantUnknown(t, "primary's count", s.Primary.Assertions)
		wantUnknown(t, "ingest", s.Primary.IngestPerSecond)
		a := s.Replica("node2").Assertions
		wantUnknown(t, "replica's count", a.Indexed)
		for _, why := range []Text{s.Primary.AssertionsWhy, a.Why} {
			if !strings.Contains(why.String(), what(v)) {
				t.Errorf("%v: because %q", v, why)
			}
		}
	}
}

func TestStaleCountIsNoCount(t *testing.T) {
	f := newFeed(t)
	f.replica("node2", sec(1), 100)
	f.replica("node2", sec(2), 200)
	a := f.at(sec(5.5)).Replica("node2").Assertions
	wantUnknown(t, "count", a.Indexed)
	wantUnknown(t, "rate", a.PerSecond)
}

func TestNoAnswerYet(t *testing.T) {
	f := newFeed(t)
	s := f.at(sec(7))
	a := s.Replica("node2").Metrics
	if a.Reachable || a.Err == nil || !strings.Contains(a.Err.Error(), "7 s") {
		t.Errorf("reachable %v, %v", a.Reachable, a.Err)
	}
	if h := s.Replica("node3").Host; h.Configured || h.Reachable || h.Err == nil {
		t.Errorf("host of node3: %+v", h.Access)
	}
}

// A target that hangs has its timeout between attempts: why the last failed is all
// that is known, and "no answer for 4 s" would be less than it has been silent for.
func TestReasonStandsUntilTheNextAttemptEnds(t *testing.T) {
	f := newFeed(t)
	f.replica("node2", 0, 100)
	if a := f.at(sec(4)).Replica("node2").Metrics; a.Reachable || a.Err == nil || a.Err.Error() != "no answer for 4 s" {
		t.Errorf("during the first: reachable %v, %v", a.Reachable, a.Err)
	}
	f.publish(sec(6), Source{FromMetrics, "node2"}, nil, Fail(FailTimeout, "connected, but no answer within 5s", "the process is hung"))
	for _, at := range []float64{6, 8, 9.5, 11} {
		a := f.at(sec(at)).Replica("node2").Metrics
		if a.Reachable || a.Err == nil || a.Err.Error() != "connected, but no answer within 5s" || a.Err.Hint.IsZero() || !a.Newest.Equal(t0) {
			t.Errorf("at %v s: reachable %v, %v", at, a.Reachable, a.Err)
		}
	}
}

func TestWholeWindow(t *testing.T) {
	f := newFeed(t)
	f.state.SetWholeWindow(true)
	for i := range 100 {
		rate := 100.0
		if i >= 50 {
			rate = 300
		}
		f.replica("node2", sec(float64(i)), 100*float64(min(i, 50))+rate*float64(max(0, i-50)))
	}
	wantFigure(t, "rate over the whole watch", f.at(sec(99)).Replica("node2").Assertions.PerSecond, (100*50+300*49)/99.0)
}

// TestLagTwice: a replica that stands twice in the metric is there, with the
// reason; those that stand there once are as ever, and one that is not there at
// all is not told that another stands twice.
func TestLagTwice(t *testing.T) {
	f := newFeed(t)
	f.primary(0, 900, map[NodeID]float64{"node2": 1, "node9": 2})
	f.publish(sec(1), Source{FromMetrics, "node1"}, &MetricsReading{
		Asked:   allFamilies(),
		Samples: []Sample{{Family: FamilyLag, Replica: "node2", Value: 1}, {Family: FamilyAssertions, Value: 1000}},
		Twice:   []NodeID{"node7"},
	}, Fail(FailDuplicate, "duplicate series of lag about replica node7", ""))
	for id, want := range map[NodeID]string{"node7": "twice", "node3": "not in the primary's", "node9": "vanished"} {
		l := f.lag(id, sec(1.1))
		if l.State != LagUnknown || !strings.Contains(l.Why.String(), want) || id != "node7" && strings.Contains(l.Why.String(), "duplicate") {
			t.Errorf("%s: %v because %q, want %q", id, l.State, l.Why, want)
		}
		wantUnknown(t, string(id), l.Seconds)
	}
	if l := f.lag("node2", sec(1.1)); l.State != LagLive || !l.Why.IsZero() {
		t.Errorf("node2: %v because %q", l.State, l.Why)
	}
	if p := f.at(sec(1.1)).Primary; !p.Metrics.Reachable || p.Metrics.Err == nil {
		t.Errorf("the primary's reading is not partial: %+v", p.Metrics)
	}
	// It is over when it stands there once.
	f.primary(sec(2), 1100, map[NodeID]float64{"node2": 1, "node7": 3})
	if l := f.lag("node7", sec(2)); l.State != LagLive {
		t.Errorf("node7: %v because %q", l.State, l.Why)
	}
}

// A healthy replica whose own count is renewed rarely, by a cache in between, has a
// true lag at any time; one whose count moves at each reading, and falls behind, has not.
func TestRarelyRenewedCountAccusesNobody(t *testing.T) {
	for every, want := range map[float64]bool{15: false, 30: false, 60: false, 1: true} {
		f, frozen := newFeed(t), 0
		for i := range 200 {
			at := float64(i)
			f.primary(sec(at), 1e6+1000*at, map[NodeID]float64{"node2": 0.3 + 0.01*math.Mod(at, 7)})
			count := 1e6 + 1000*every*math.Floor(at/every) - 300
			if every == 1 {
				count = 1e6 + 100*at
			}
			f.replica("node2", sec(at+0.01), count)
			if f.lag("node2", sec(at+0.02)).State == LagFrozen {
				frozen++
			}
		}
		if (frozen > 180) != want || !want && frozen > 0 {
			t.Errorf("renewed each %v s: %d of 200 readings are of a frozen lag", every, frozen)
		}
	}
}
