package cluster

import (
	"math"
	"testing"
	"time"
)

func (f *feed) unit(at time.Duration, up float64, restarts uint64, change func(*ServiceReading)) {
	r := &ServiceReading{
		Uptime: sec(up), Unit: Clean("stemedb-api"), Told: true, Active: Clean("active"), Sub: Clean("running"),
		Result: Clean("success"), Entered: sec(40), Restarts: restarts, Counted: true,
	}
	if change != nil {
		change(r)
	}
	f.publish(at, Source{FromHost, "node2"}, r, nil)
}

func (f *feed) processes(at time.Duration, up float64, ps ...Process) {
	f.publish(at, Source{FromHost, "node2"}, &HostReading{Uptime: sec(up), AskedProcesses: true, Processes: ps}, nil)
}

func (f *feed) service(at time.Duration) Service { return f.at(at).Replica("node2").Host.Service }

func TestServiceBySystemd(t *testing.T) {
	f := newFeed(t)
	if s := f.service(sec(1)); s.Known || s.Why.String() != "not read yet" {
		t.Errorf("%+v", s)
	}
	f.unit(sec(10), 100, 3, nil)
	s := f.service(sec(11))
	if !s.Known || !s.Since.Equal(t0.Add(sec(10-60))) || s.Recent != 0 || s.Looping() {
		t.Errorf("%+v", s)
	}
	wantFigure(t, "restarts", s.Restarts, 3)
	f.unit(sec(40), 130, 4, nil)
	if s = f.service(sec(40)); s.Recent != 1 || s.Looping() {
		t.Errorf("one restart: %+v", s)
	}
	f.unit(sec(70), 160, 0, nil) // started by hand
	f.unit(sec(100), 190, 2, nil)
	if s = f.service(sec(100)); s.Recent != 3 || !s.Looping() {
		t.Errorf("a loop: %+v", s)
	}
	if s = f.service(sec(100) + CrashWindow - time.Second); s.Recent != 2 || s.Known {
		t.Errorf("later: %+v", s)
	}
	if s = f.service(sec(101) + CrashWindow); s.Recent != 0 {
		t.Errorf("later still: %+v", s)
	}
}

// A reboot is no crash, and a unit that systemd has given up is a loop at once.
func TestServiceOverABoot(t *testing.T) {
	f := newFeed(t)
	f.unit(sec(10), 5000, 0, nil)
	f.unit(sec(40), 20, 7, nil)
	if s := f.service(sec(40)); s.Recent != 0 || !s.Since.IsZero() {
		t.Errorf("%+v", s) // it became active after the answer: another clock
	}
	f.unit(sec(70), 50, 12, func(r *ServiceReading) {
		r.Active, r.Sub, r.Result = Clean("failed"), Clean("failed"), Clean("start-limit-hit")
	})
	if s := f.service(sec(70)); !s.GaveUp || !s.Looping() || !s.Since.IsZero() {
		t.Errorf("%+v", s)
	}
}

// A helper whose name begins as the database's do comes and goes: that is no crash loop.
// One that is nearly always there, and has begun anew when it is seen again, is.
func TestServiceBesideHelpers(t *testing.T) {
	for name, c := range map[string]struct {
		up, down int // seconds
		alone    bool
		loop     bool
	}{
		"a backup of 20 s in each 35":             {20, 15, false, false},
		"a check of 4 s in each 45":               {4, 41, false, false},
		"a crash loop":                            {9, 2, false, true},
		"a crash loop of the only one":            {9, 2, true, true},
		"a slow crash loop of the only one":       {9, 8, true, true},
		"a crash loop of the only one, long down": {5, 30, true, true},
	} {
		f := newFeed(t)
		f.publish(0, Source{FromHost, "node2"}, &HostFacts{HZ: 100}, nil)
		api := Process{PID: 10, Command: Clean("stemedb-api"), StartTicks: 100}
		for at := 10; at < 900; at += 10 { // as often as the list is read
			ps := []Process{api}
			if c.alone {
				ps = nil
			}
			if begun := at - at%(c.up+c.down); at-begun < c.up {
				ps = append(ps, Process{PID: 1000 + begun, Command: Clean("stemedb-x"), StartTicks: uint64(begun)*100 + 5000})
			}
			f.processes(sec(float64(at)), float64(at)+1000, ps...)
		}
		if s := f.service(sec(890)); s.Looping() != c.loop {
			t.Errorf("%s: %d restarts", name, s.Recent)
		}
	}
}

// Without SSH a process tells of itself: a start that is newer is a restart, and one
// that is told a little later, as clocks are set, is none.
func TestServiceByItsOwnMetrics(t *testing.T) {
	f := newFeed(t)
	unix := float64(t0.Unix())
	tell := func(at, start float64) Service {
		f.publish(sec(at), Source{FromMetrics, "node2"}, &MetricsReading{
			Asked: allFamilies(), Samples: []Sample{{FamilyStartTime, "node3", unix}, {FamilyStartTime, "", start}},
		}, nil)
		return f.service(sec(at))
	}
	s := tell(15, unix-3600.25)
	if s.Known || !s.ByMetrics || s.Recent != 0 || !s.Since.Equal(t0.Add(-sec(3600.25))) || !s.At.Equal(t0.Add(sec(15))) {
		t.Errorf("%+v", s)
	}
	for i, bad := range []float64{unix - 3599, math.NaN(), -1, 0, math.Inf(1), unix - 7200, unix - 900, unix - 3599, unix - 1800, unix - 900} {
		if s = tell(float64(20+i), bad); s.Recent != 0 {
			t.Errorf("start at %v: %+v", bad, s)
		}
	}
	if s = tell(30, unix+29); s.Recent != 1 || s.Looping() || !s.Since.Equal(t0.Add(sec(29))) {
		t.Errorf("one restart: %+v", s)
	}
	// Two processes answer at one address, in turn.
	for i := range 6 {
		s = tell(float64(31+i), unix-3599+float64(i%2)*3628)
	}
	if s.Recent != 1 {
		t.Errorf("two in turn: %+v", s)
	}
	if s = tell(45, unix+44); s.Recent != 2 || !s.Looping() {
		t.Errorf("a loop: %+v", s)
	}
	if s = f.service(sec(45) + serviceFresh + time.Second); !s.Since.IsZero() || s.ByMetrics || !s.Looping() {
		t.Errorf("no metrics any more: %+v", s)
	}
	// What the host tells is of the process itself, and goes first.
	f.unit(sec(200), 300, 3, nil)
	if s = tell(201, unix+44); !s.Known || s.ByMetrics || !s.Since.Equal(t0.Add(sec(200+40-300))) {
		t.Errorf("with systemd: %+v", s)
	}
}

// Without systemd the processes tell: a new one with the same name is a restart, a
// worker that comes and goes is none.
func TestServiceByProcesses(t *testing.T) {
	f := newFeed(t)
	f.publish(0, Source{FromHost, "node2"}, &HostFacts{HZ: 100}, nil)
	f.publish(0, Source{FromHost, "node2"}, &ServiceReading{Uptime: sec(99), Why: Clean("this host has no systemd")}, nil)
	api := func(pid int, start uint64) Process {
		return Process{PID: pid, Command: Clean("stemedb-api"), StartTicks: start}
	}
	f.processes(sec(1), 100, api(10, 5000), api(20, 6000))
	f.processes(sec(3), 102, api(10, 5000), api(21, 7000))
	s := f.service(sec(3))
	if s.Known || s.Recent != 0 || !s.Since.Equal(t0.Add(sec(3+50-102))) || s.Why.IsZero() {
		t.Errorf("%+v", s)
	}
	f.processes(sec(5), 104)
	f.processes(sec(7), 106, api(30, 10_500))
	f.processes(sec(9), 108, api(31, 10_700))
	if s = f.service(sec(9)); s.Recent != 2 || !s.Looping() {
		t.Errorf("%+v", s)
	}
	f.processes(sec(11), 3, api(7, 100))
	f.processes(sec(13), 5, api(7, 100))
	if s = f.service(sec(13)); s.Recent != 2 {
		t.Errorf("after a reboot: %+v", s)
	}
	f.processes(sec(15), 7, api(7, 90_000))
	if s = f.service(sec(15)); !s.Since.IsZero() {
		t.Errorf("by a start that lies ahead it runs since %v", s.Since)
	}
}

func TestAPIConfigAges(t *testing.T) {
	f := newFeed(t)
	f.publish(sec(1), Source{FromHost, "node1"}, &APIConfig{Read: true, MaxLag: Setting{true, true, 30}}, nil)
	if c := f.at(sec(60)).Primary.Config; !c.Read || c.MaxLag.Value != 30 || !c.At.Equal(t0.Add(sec(1))) {
		t.Errorf("%+v", c)
	}
	if c := f.at(sec(600)).Primary.Config; c.Read || c.Why.String() != "not read for 599 s" {
		t.Errorf("%+v", c)
	}
}

// Corruption is told by count, and how much of it is new.
func TestCorruptions(t *testing.T) {
	f := newFeed(t)
	for i, n := range []float64{2, 2, 3, 5} {
		f.publish(sec(float64(10*i)), Source{FromMetrics, "node1"}, &MetricsReading{Asked: allFamilies(), Samples: []Sample{{FamilyCorruption, "node2", n}}}, nil)
	}
	y := f.at(sec(30)).Replica("node2").Sync
	wantFigure(t, "all", y.Corruptions, 5)
	wantFigure(t, "new", y.NewCorruptions, 3)
	wantUnknown(t, "of another", f.at(sec(30)).Replica("node3").Sync.Corruptions)
}
