package cluster

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var compareSnapshots = cmp.Options{
	cmp.AllowUnexported(Text{}, Figure{}),
	cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Series" }, cmp.Ignore()),
}

// A state rebuilt from a keyframe sees the rest of the stream as the one that
// wrote it does.
func TestKeyframeRebuildsTheState(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		f := newFeed(t)
		var rebuilt *State
		now := time.Duration(0)
		steps := rapid.IntRange(5, 80).Draw(r, "steps")
		cut := rapid.IntRange(1, steps-1).Draw(r, "cut")
		for i := range steps {
			if i == cut {
				rebuilt = NewState()
				for _, o := range f.state.Keyframe() {
					rebuilt.Apply(&o)
				}
			}
			now += time.Duration(rapid.IntRange(1, 2500).Draw(r, "ms")) * time.Millisecond
			from := len(f.all)
			randomObservation(r, f, now)
			if rebuilt == nil {
				continue
			}
			for _, o := range f.all[from:] {
				rebuilt.Apply(&o)
			}
			later := now + time.Duration(rapid.IntRange(0, 5000).Draw(r, "later"))*time.Millisecond
			want, got := f.at(later), rebuilt.Snapshot(t0.Add(later), nil)
			if d := cmp.Diff(want, got, compareSnapshots); d != "" {
				r.Fatalf("step %d (keyframe at %d), -written +rebuilt:\n%s", i, cut, d)
			}
		}
	})
}

func randomObservation(r *rapid.T, f *feed, now time.Duration) {
	id := rapid.SampledFrom([]NodeID{"node2", "node3", "node9"}).Draw(r, "node")
	switch rapid.IntRange(0, 17).Draw(r, "kind") {
	case 0, 1, 2:
		lags := map[NodeID]float64{}
		for _, id := range []NodeID{"node2", "node3", "node9"} {
			if rapid.IntRange(0, 5).Draw(r, "present") > 0 {
				lags[id] = rapid.SampledFrom([]float64{0, 12.5, 7, -3, 60.25}).Draw(r, "lag")
			}
		}
		f.primary(now, 1000*now.Seconds(), lags)
	case 3:
		f.replica(id, now, rapid.SampledFrom([]float64{0, 900, 1000}).Draw(r, "rate")*now.Seconds())
	case 4:
		if rapid.Bool().Draw(r, "devices") {
			randomDevices(r, f, id, now)
			return
		}
		f.host(id, now, rapid.SampledFrom([]float64{100, 5}).Draw(r, "boot")+now.Seconds(), uint64(now.Milliseconds()))
	case 5:
		f.publish(now, Source{FromMetrics, rapid.SampledFrom([]NodeID{"node1", id}).Draw(r, "failing")}, nil, Fail(FailReset, "reset", "look"))
	case 6:
		f.publish(now, Source{FromHost, id}, &HostFacts{HZ: 100, BootID: Clean(rapid.SampledFrom([]string{"a", "b"}).Draw(r, "id")), WAL: WALDevice{Device: Clean("vda")}}, nil)
	case 7:
		f.publish(now, Source{FromMetrics, "node1"}, &MetricsReading{Asked: allFamilies(), Samples: []Sample{
			{FamilySyncProgress, id, rapid.SampledFrom([]float64{0, 0.3, 1, 58}).Draw(r, "progress")},
			{FamilySyncErrors, id, now.Seconds() / 10},
		}}, Fail(FailFormat, "half", ""))
	case 8:
		f.publish(now, Source{Kind: FromOperator}, rapid.SampledFrom([]Body{
			&Settings{Interval: 2 * time.Second}, &Note{Text: Clean("hello")}, &Gap{Lost: 3}, &ClockStep{By: time.Second},
		}).Draw(r, "own"), nil)
	case 9:
		f.publish(now, Source{FromProbe, id}, &ProbeReading{
			Method: ProbeICMP, Sent: 2, RTTs: []time.Duration{now / 1000}, Port: PortOpen,
		}, nil)
	case 10:
		f.publish(now, Source{FromAdmin, "node1"}, &BreakersReading{
			Tripped: []TrippedBreaker{{Agent: "agent-" + id, Failures: 3, FailuresKnown: true}},
		}, nil)
	case 13, 14:
		teller := rapid.SampledFrom([]NodeID{"node1", id}).Draw(r, "teller")
		n := uint64(now.Milliseconds()) / rapid.SampledFrom([]uint64{1, 2}).Draw(r, "slower")
		list := []Connection{conn("10.0.0.1:4000", "10.0.0.2:18182", n), conn("10.0.0.9:18182", "10.0.0.1:4001", n)}
		boot := rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(r, "boot")
		f.publish(now, Source{FromHost, teller}, &SocketReading{
			Uptime: boot + now, Via: Clean("ss"), Connections: list[rapid.IntRange(0, 1).Draw(r, "from"):],
		}, nil)
	case 16:
		f.publish(now, Source{FromHost, id}, &ServiceReading{
			Uptime: now, Unit: Clean("u"), Told: now%3 > 0, Active: Clean("active"), Counted: true,
			Entered: now / 2, Restarts: rapid.Uint64Range(0, 9).Draw(r, "restarts"),
		}, nil)
	case 17:
		f.publish(now, Source{FromHost, rapid.SampledFrom([]NodeID{"node1", id}).Draw(r, "of")}, &APIConfig{Read: now%2 == 0, MaxLag: Setting{true, true, 30}}, nil)
	case 11:
		f.publish(now, Source{Kind: FromJudge}, rapid.SampledFrom([]Body{
			&AlertChange{Rule: Clean("a"), Replica: id, State: AlertPending, Since: t0}, &AlertChange{Rule: Clean("b"), Replica: id, Critical: true},
			&Verdict{Replica: id, Cause: CauseDisk}, &Escalation{Reason: Clean("lag_over_60s"), Over: now%2 == 0},
		}).Draw(r, "conclusion"), nil)
	case 12:
		body := &PrometheusReading{Others: 3, Alerts: []PrometheusAlert{{Name: Clean("a"), State: AlertFiring, Replica: id}, {Name: Clean("b"), State: AlertPending}}}
		if now%3 == 0 {
			f.publish(now, Source{Kind: FromPrometheus}, nil, Fail(FailRefused, "refused", ""))
		} else {
			f.publish(now, Source{Kind: FromPrometheus}, body, nil)
		}
	case 15:
		f.publish(now, Source{Kind: FromAction}, rapid.SampledFrom([]Body{
			&ActionStep{Action: "a", Stage: ActionAnswered, Verdict: Clean("accepted"), Limit: 500, Who: Clean("dana")},
			&ActionStep{Action: "a", Stage: ActionEvent, Lifts: true}, &ActionStep{Stage: ActionNearMiss, Target: id},
		}).Draw(r, "action"), nil)
	}
}

// randomDevices publishes a reading of a host with a few devices.
func randomDevices(r *rapid.T, f *feed, id NodeID, now time.Duration) {
	h := &HostReading{Uptime: rapid.SampledFrom([]time.Duration{100 * time.Second, 5 * time.Second}).Draw(r, "up") + now}
	busy := rapid.SliceOfN(rapid.Uint32Range(0, 2), 4, 4).Draw(r, "busy")
	for i, name := range []string{"vda", "sda", "loop0", "sdb"} {
		n := uint32(now.Milliseconds()) / 2 * busy[i]
		h.Disks = append(h.Disks, DiskCounters{Name: Clean(name), Fields: 17, WriteIOs: uint64(n) + 1, IOTicks: n})
		h.Nets = append(h.Nets, NetCounters{Name: Clean([]string{"lo", "eth0", "ifb0", "eth1"}[i]), RxBytes: uint64(n)})
	}
	f.publish(now, Source{FromHost, id}, h, nil)
}

func TestCloneSharesNothing(t *testing.T) {
	f := newFeed(t)
	f.primary(sec(1), 1000, map[NodeID]float64{"node2": 1})
	c := f.state.Clone()
	before := c.Snapshot(t0.Add(sec(1)), nil)
	f.primary(sec(2), 2000, map[NodeID]float64{"node2": 60, "node9": 1})
	f.replica("node2", sec(2), 5)
	if d := cmp.Diff(before, c.Snapshot(t0.Add(sec(1)), nil), compareSnapshots); d != "" {
		t.Error(d)
	}
}

// One second of 1,000 replicas, each scraped itself: fold and snapshot. Budget 20 ms.
func BenchmarkSecondOfThousand(b *testing.B) { benchmarkSecond(b, 1000) }

// The same with 12; the cost per replica must not grow with their number.
func BenchmarkSecondOfTwelve(b *testing.B) { benchmarkSecond(b, 12) }

func benchmarkSecond(b *testing.B, n int) {
	f := newFeed(b)
	lags := map[NodeID]float64{}
	for i := range n {
		lags[NodeID(rune('a'+i%26))+NodeID(rune('0'+i/26%10))+NodeID(rune('0'+i/260))] = float64(i)
	}
	ids := sortedKeys(lags)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		at := sec(float64(i))
		f.primary(at, 1000*float64(i), lags)
		for _, id := range ids {
			f.replica(id, at, 1000*float64(i))
		}
		f.at(at)
		f.all = f.all[:0]
		i++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/replica")
}
