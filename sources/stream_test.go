package sources

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// handClock is a clock whose wall and monotonic time are set by hand.
type handClock struct {
	Clock
	wall time.Time
	mono time.Duration
}

func (c *handClock) Now() time.Time      { return c.wall }
func (c *handClock) Mono() time.Duration { return c.mono }

func note(s string) cluster.Observation {
	return cluster.Observation{Source: cluster.Source{Kind: cluster.FromOperator}, Body: &cluster.Note{Text: cluster.Clean(s)}}
}

func drain(r *Reader) (got []cluster.Observation) {
	for o := range r.C {
		got = append(got, o)
	}
	return got
}

func TestStreamStampsInOrder(t *testing.T) {
	c := &handClock{wall: time.Unix(1000, 0)}
	s := NewStream(c)
	r := s.Subscribe("history", 10)
	for i := range 3 {
		c.wall, c.mono = c.wall.Add(time.Second), c.mono+time.Second
		_ = i
		s.Publish(note("x"))
	}
	s.Close()
	s.Publish(note("after the end"))
	got := drain(r)
	if len(got) != 3 {
		t.Fatalf("%d observations", len(got))
	}
	for i, o := range got {
		at := time.Duration(i+1) * time.Second
		if o.Seq != uint64(i+1) || o.Mono != at || !o.Received.Equal(time.Unix(1000, 0).Add(at)) {
			t.Errorf("%d: %+v", i, o)
		}
	}
}

func TestFullReaderLosesAndEveryoneIsTold(t *testing.T) {
	s := NewStream(NewClock(1))
	slow, fast := s.Subscribe("recorder", 2), s.Subscribe("history", 100)
	for range 10 {
		s.Publish(note("x"))
	}
	<-slow.C
	<-slow.C
	s.Publish(note("room again"))
	s.Close()
	gaps := func(list []cluster.Observation) (n uint64) {
		for _, o := range list {
			if g, ok := o.Body.(*cluster.Gap); ok {
				if g.Reader.String() != "recorder" {
					t.Errorf("gap of %q", g.Reader)
				}
				n += g.Lost
			}
		}
		return n
	}
	if n := gaps(drain(slow)); n != 8 {
		t.Errorf("the slow reader was told of %d, lost 8", n)
	}
	if n := gaps(drain(fast)); n != 8 {
		t.Errorf("the fast reader was told of %d", n)
	}
}

func TestStepOfTheWallClockIsAnObservation(t *testing.T) {
	c := &handClock{wall: time.Unix(1000, 0)}
	s := NewStream(c)
	r := s.Subscribe("history", 100)
	for i := range 100 { // a slew of 1 ms/s is no step
		c.wall, c.mono = c.wall.Add(1001*time.Millisecond), c.mono+time.Second
		if i == 50 {
			c.wall = c.wall.Add(-time.Hour)
		}
		s.Publish(note("x"))
	}
	s.Close()
	var steps []*cluster.ClockStep
	for _, o := range drain(r) {
		if b, ok := o.Body.(*cluster.ClockStep); ok {
			steps = append(steps, b)
		}
	}
	if len(steps) != 1 || (steps[0].By+time.Hour).Abs() > 10*time.Millisecond {
		t.Errorf("steps: %+v", steps)
	}
}

// TestUnderWayAsTheClockIsSet: what was taken by the old clock comes with the time by the
// new one, and what is taken by the new one as it is.
func TestUnderWayAsTheClockIsSet(t *testing.T) {
	for _, by := range []time.Duration{-time.Hour, time.Hour, -3 * time.Second} {
		c := &handClock{wall: time.Unix(100_000, 0)}
		s := NewStream(c)
		r := s.Subscribe("history", 100)
		old := note("x")
		old.Taken = c.wall.Add(500 * time.Millisecond)
		c.wall, c.mono = c.wall.Add(time.Second+by), c.mono+time.Second
		s.Publish(old)
		fresh := note("x")
		fresh.Taken = c.wall.Add(-500 * time.Millisecond)
		s.Publish(fresh)
		s.Close()
		var ages []time.Duration
		for _, o := range drain(r) {
			if _, ok := o.Body.(*cluster.Note); ok {
				ages = append(ages, o.Received.Sub(o.Taken))
			}
		}
		if half := 500 * time.Millisecond; !slices.Equal(ages, []time.Duration{half, half}) {
			t.Errorf("set by %v: taken %v before they were received", by, ages)
		}
	}
}

type fakeCollector struct {
	node   cluster.NodeID
	takes  time.Duration
	calls  atomic.Int32
	closed atomic.Bool
}

func (f *fakeCollector) Source() cluster.Source {
	return cluster.Source{Kind: cluster.FromMetrics, Node: f.node}
}

func (f *fakeCollector) Collect(ctx context.Context) []Reading {
	f.calls.Add(1)
	select {
	case <-ctx.Done():
	case <-time.After(f.takes):
	}
	return []Reading{{Body: &cluster.MetricsReading{}}}
}

func (f *fakeCollector) Close() error {
	f.closed.Store(true)
	return nil
}

func TestSlowCollectorSlowsItselfOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewClock(1)
		s := NewStream(c)
		quick, slow := &fakeCollector{node: "q"}, &fakeCollector{node: "s", takes: 2500 * time.Millisecond}
		ctx, cancel := context.WithTimeout(t.Context(), 9500*time.Millisecond)
		defer cancel()
		NewPoller(s, c, time.Second).Run(ctx, []Collector{slow, quick})
		if n := quick.calls.Load(); n != 10 {
			t.Errorf("the quick one ran %d times in 9.5 s, want 10", n)
		}
		if n := slow.calls.Load(); n != 4 { // at 0, 3, 6, 9 s: missed rounds are skipped
			t.Errorf("the slow one ran %d times, want 4", n)
		}
		if !quick.closed.Load() || !slow.closed.Load() {
			t.Error("not closed")
		}
	})
}

// startedCollector notes when each of its rounds starts.
type startedCollector struct {
	fakeCollector
	note func()
}

func (c *startedCollector) Collect(ctx context.Context) []Reading {
	c.note()
	return c.fakeCollector.Collect(ctx)
}

// A round is one picture, and yet of thousands no part of the interval has much
// more to do than another.
func TestRoundsAreSpread(t *testing.T) {
	for n, most := range map[int]time.Duration{24: 12 * time.Millisecond, 3000: 800 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			c := NewClock(1)
			began := c.Mono()
			var mu sync.Mutex
			starts := map[time.Duration]int{} // by tenths of a second
			list := make([]Collector, n)
			for i := range list {
				list[i] = &startedCollector{fakeCollector{node: "n"}, func() {
					mu.Lock()
					defer mu.Unlock()
					at := c.Mono() - began
					starts[at/(100*time.Millisecond)]++
					if at%time.Second > most {
						t.Errorf("one of %d starts %v after the first", n, at%time.Second)
					}
				}}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2900*time.Millisecond)
			defer cancel()
			NewPoller(NewStream(c), c, time.Second).Run(ctx, list)
			sum, crowd := 0, 0
			for _, k := range starts {
				sum, crowd = sum+k, max(crowd, k)
			}
			if sum != 3*n || n > 1000 && crowd > n/7 {
				t.Errorf("%d of %d start in three intervals, in a tenth of a second up to %d", sum, n, crowd)
			}
		})
	}
}

func TestIntervalChangesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewClock(1)
		s := NewStream(c)
		r := s.Subscribe("history", 100)
		f := &fakeCollector{node: "q"}
		p := NewPoller(s, c, time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+time.Millisecond)
		defer cancel()
		go func() {
			time.Sleep(4500 * time.Millisecond)
			p.SetInterval(time.Second)
		}()
		p.Run(ctx, []Collector{f})
		s.Close()
		if n := f.calls.Load(); n != 7 { // at 0, then 5 to 10 s
			t.Errorf("ran %d times, want 7", n)
		}
		var said int
		for _, o := range drain(r) {
			if b, ok := o.Body.(*cluster.Settings); ok && b.Interval == time.Second {
				said++
			}
		}
		if said != 1 {
			t.Errorf("the change was published %d times", said)
		}
	})
}

func TestHurry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewClock(1)
		p := NewPoller(NewStream(c), c, time.Minute)
		one, other := &fakeCollector{node: "one"}, &fakeCollector{node: "other"}
		ctx, cancel := context.WithTimeout(t.Context(), 61*time.Second)
		defer cancel()
		go func() {
			for range 3 {
				time.Sleep(10 * time.Second)
				p.Hurry(func(s cluster.Source) bool { return s.Node == "one" })
			}
		}()
		p.Run(ctx, []Collector{one, other})
		if a, b := one.calls.Load(), other.calls.Load(); a != 5 || b != 2 { // at 0, 10, 20, 30 and 60 s
			t.Errorf("ran %d and %d times", a, b)
		}
	})
}

func TestScaledClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewClock(60)
		wall := c.Now()
		if err := c.Sleep(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
		if d := c.Now().Sub(wall); d < time.Minute || d > 61*time.Second {
			t.Errorf("a minute took %v of its own time", d)
		}
		if d := c.Real(time.Minute); d != time.Second {
			t.Errorf("a minute lasts %v in real time", d)
		}
	})
}
