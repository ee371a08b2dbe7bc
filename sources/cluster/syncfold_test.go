package cluster

import "testing"

// TestProgressUnit: the unit of the progress gauge is told by declaration or by
// range, of any replica; that 1 alone was seen tells nothing.
func TestProgressUnit(t *testing.T) {
	type reading = map[NodeID]float64
	for _, tt := range []struct {
		name     string
		unit     ProgressUnit
		readings []reading
		want     float64 // of node2; below 0 for unknown
		state    SyncState
	}{
		{"nothing but 1", ProgressAuto, []reading{{"node2": 1}}, -1, SyncUnknown},
		{"0, then 1", ProgressAuto, []reading{{"node2": 0}, {"node2": 1}}, -1, SyncUnknown},
		{"1, declared as percent", ProgressPercent, []reading{{"node2": 1}}, 0.01, SyncRunning},
		{"1, declared as a ratio", ProgressRatio, []reading{{"node2": 1}}, 1, SyncIdle},
		{"1 after a fraction", ProgressAuto, []reading{{"node2": 0.4}, {"node2": 1}}, 1, SyncIdle},
		{"a bit above 1 after a fraction", ProgressAuto, []reading{{"node2": 0.4}, {"node2": 1.0000001}, {"node2": 0.2}}, 0.2, SyncRunning},
		{"a bit above 1, and another's fraction", ProgressAuto, []reading{{"node2": 0.4, "node3": 1.0000001}}, 0.4, SyncRunning},
		{"nothing but a bit above 1", ProgressAuto, []reading{{"node2": 1.0000001}}, -1, SyncUnknown},
		{"1.3 alone", ProgressAuto, []reading{{"node2": 1.3}}, 0.013, SyncRunning},
		{"1 after more", ProgressAuto, []reading{{"node2": 58}, {"node2": 1}}, 0.01, SyncRunning},
		{"1 beside another's 58", ProgressAuto, []reading{{"node2": 1, "node3": 58}, {"node2": 1, "node3": 59}}, 0.01, SyncRunning},
		{"1 beside another's fraction", ProgressAuto, []reading{{"node2": 1, "node3": 0.5}, {"node2": 1, "node3": 0.6}}, -1, SyncUnknown},
		{"42, declared as a ratio", ProgressRatio, []reading{{"node2": 42}}, -1, SyncUnknown},
		{"250 percent", ProgressAuto, []reading{{"node2": 250}}, -1, SyncUnknown},
		{"a rounded whole", ProgressPercent, []reading{{"node2": 100.4}}, 1, SyncIdle},
		{"below 0", ProgressRatio, []reading{{"node2": -3}}, -1, SyncUnknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFeed(t)
			for i, r := range tt.readings {
				m := &MetricsReading{Asked: allFamilies(), Unit: tt.unit}
				for _, id := range sortedKeys(r) {
					m.Samples = append(m.Samples, Sample{FamilySyncProgress, id, r[id]})
				}
				f.publish(sec(float64(i)), Source{FromMetrics, "node1"}, m, nil)
			}
			check := func(s *Snapshot) {
				t.Helper()
				y := s.Replica("node2").Sync
				if y.State != tt.state {
					t.Errorf("%v: %q", y.State, y.Why)
				}
				if tt.want < 0 {
					wantUnknown(t, "progress", y.Progress)
				} else {
					wantFigure(t, "progress", y.Progress, tt.want)
				}
			}
			end := sec(float64(len(tt.readings)))
			check(f.at(end))
			recalled := NewState()
			for _, o := range f.state.Keyframe() {
				recalled.Apply(&o)
			}
			check(recalled.Snapshot(t0.Add(end), nil))
		})
	}
}

// TestProgressAssumed: that the gauge is a ratio is an assumption while nothing
// but values below 1 was seen, as at the begin of a sync in percent.
func TestProgressAssumed(t *testing.T) {
	f := newFeed(t)
	for i, step := range []struct {
		value   float64
		assumed bool
	}{{0, false}, {0.4, true}, {0.9, true}, {1.3, false}, {0.5, false}} {
		m := &MetricsReading{Asked: allFamilies(), Samples: []Sample{{FamilySyncProgress, "node2", step.value}}}
		f.publish(sec(float64(i)), Source{FromMetrics, "node1"}, m, nil)
		if y := f.at(sec(float64(i))).Replica("node2").Sync; y.Assumed != step.assumed {
			t.Errorf("%v is assumed to be a ratio: %v", step.value, y.Assumed)
		}
	}
	m := &MetricsReading{Asked: allFamilies(), Unit: ProgressRatio, Samples: []Sample{{FamilySyncProgress, "node3", 0.4}}}
	f.publish(sec(9), Source{FromMetrics, "node1"}, m, nil)
	if f.at(sec(9)).Replica("node3").Sync.Assumed {
		t.Error("what is declared is called an assumption")
	}
}

// TestErrorsOver: with the rate of sync errors goes over how long it is.
func TestErrorsOver(t *testing.T) {
	f := newFeed(t)
	for i := range 500 {
		m := &MetricsReading{Asked: allFamilies(), Samples: []Sample{{FamilySyncErrors, "node2", float64(i)}}}
		f.publish(sec(float64(i)), Source{FromMetrics, "node1"}, m, nil)
		switch y := f.at(sec(float64(i))).Replica("node2").Sync; {
		case i == 0 && y.ErrorsOver != 0, i == 40 && y.ErrorsOver != sec(40):
			t.Errorf("after %d s the rate is over %v", i, y.ErrorsOver)
		case i == 499 && (y.ErrorsOver < errorWindow || y.ErrorsOver > errorWindow+2*errorSpace):
			t.Errorf("in the end the rate is over %v", y.ErrorsOver)
		}
	}
}

// TestDiffSize: the size of the diff is what a fresh reading tells, of the
// replica before of itself, else nothing.
func TestDiffSize(t *testing.T) {
	f := newFeed(t)
	f.primary(0, 100, nil)
	wantUnknown(t, "nobody tells", f.at(sec(0)).Replica("node2").Sync.Diff)
	f.publish(sec(1), Source{FromMetrics, "node1"}, &MetricsReading{
		Asked: allFamilies(), Samples: []Sample{{FamilySyncDiff, "node2", 1800}},
	}, nil)
	f.publish(sec(1), Source{FromMetrics, "node3"}, &MetricsReading{
		Asked: allFamilies(), Samples: []Sample{{FamilySyncDiff, "", 70}},
	}, nil)
	wantFigure(t, "by the primary", f.at(sec(2)).Replica("node2").Sync.Diff, 1800)
	wantFigure(t, "by itself", f.at(sec(2)).Replica("node3").Sync.Diff, 70)
	f.publish(sec(2), Source{FromMetrics, "node1"}, &MetricsReading{
		Asked: allFamilies(), Samples: []Sample{{FamilySyncDiff, "node2", 900}},
	}, nil)
	wantFigure(t, "it shrinks", f.at(sec(2)).Replica("node2").Sync.Diff, 900)
	wantUnknown(t, "long ago", f.at(sec(60)).Replica("node2").Sync.Diff)
}

// TestAnotherSync: a sync that takes the place of one that runs begins anew, though
// nothing between them was read. One whose total grows does not.
func TestAnotherSync(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values []float64
		since  float64 // seconds
	}{
		{"it goes on", []float64{0.2, 0.4, 0.6}, 0},
		{"its total grows", []float64{0.2, 0.6, 0.5}, 0},
		{"another", []float64{0.2, 0.6, 0.1, 0.3}, 2},
	} {
		f := newFeed(t)
		for i, v := range tt.values {
			m := &MetricsReading{Asked: allFamilies(), Unit: ProgressRatio, Samples: []Sample{{FamilySyncProgress, "node2", v}}}
			f.publish(sec(float64(i)), Source{FromMetrics, "node1"}, m, nil)
		}
		y := f.at(sec(float64(len(tt.values)))).Replica("node2").Sync
		if want := t0.Add(sec(tt.since)); y.State != SyncRunning || !y.Since.Equal(want) {
			t.Errorf("%s: %v since %v, want %v", tt.name, y.State, y.Since, want)
		}
	}
}

// TestASyncThatGoesOn: one that stood still and moves again is the one that it was, and
// one that begins anew is another.
func TestASyncThatGoesOn(t *testing.T) {
	f := newFeed(t)
	for _, step := range []struct {
		at, value float64
		state     SyncState
		since     float64
	}{
		{0, 0, SyncIdle, 0},
		{5, 0.4, SyncRunning, 5},
		{20, 0.5, SyncRunning, 5},
		{55, 0.5, SyncStalled, 20},
		{56, 0.51, SyncRunning, 5},
		{100, 0.51, SyncStalled, 56},
		{101, 0.1, SyncRunning, 101},
	} {
		m := &MetricsReading{Asked: allFamilies(), Unit: ProgressRatio, Samples: []Sample{{FamilySyncProgress, "node2", step.value}}}
		f.publish(sec(step.at), Source{FromMetrics, "node1"}, m, nil)
		y := f.at(sec(step.at)).Replica("node2").Sync
		if y.State != step.state || !y.Since.Equal(t0.Add(sec(step.since))) {
			t.Errorf("at %v s: %v since %v, want %v since %v s", step.at, y.State, y.Since.Sub(t0), step.state, step.since)
		}
	}
}

// TestSyncByHearsay: what a replica's page tells of another's sync is taken for neither.
func TestSyncByHearsay(t *testing.T) {
	f := newFeed(t)
	f.primary(0, 5, map[NodeID]float64{"node2": 1, "node3": 1})
	tell := func(at float64, about NodeID, progress float64) {
		f.publish(sec(at), Source{FromMetrics, "node3"}, &MetricsReading{
			Asked: allFamilies(), Unit: ProgressRatio, Samples: []Sample{{FamilySyncProgress, about, progress}, {FamilySyncErrors, about, 10 * progress}},
		}, nil)
	}
	tell(1, "node2", 0.42)
	tell(2, "node2", 0.43)
	for _, id := range []NodeID{"node2", "node3"} {
		if y := f.at(sec(2)).Replica(id).Sync; y.State != SyncUnknown || y.Progress.Known() || y.ErrorsPerSecond.Known() {
			t.Errorf("%s: %+v", id, y)
		}
	}
	tell(3, "node3", 0.5) // of itself, by its name
	tell(4, "node3", 0.6)
	y := f.at(sec(4)).Replica("node3").Sync
	wantFigure(t, "progress", y.Progress, 0.6)
	wantFigure(t, "errors", y.ErrorsPerSecond, 1)
}
