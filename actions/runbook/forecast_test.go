package runbook

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/stemedb/stemetop/sources/cluster"
)

var sameFigure = cmp.AllowUnexported(cluster.Figure{})

// straight returns a reading each second for so long up to now.
func straight(level, slope float64, length int) []Point {
	var p []Point
	for t := -length; t <= 0; t++ {
		p = append(p, Point{now.Add(time.Duration(t) * time.Second), math.Round((level+slope*float64(t))*100) / 100})
	}
	return p
}

// sawTooth has a reading each second of a lag that goes up and falls back.
func sawTooth(length int) (p []Point) {
	for t := -length; t <= 0; t++ {
		p = append(p, Point{now.Add(time.Duration(t) * time.Second), 12 + 0.4*float64((t+length)%17)})
	}
	return p
}

func TestForecastWords(t *testing.T) {
	frozen := append(straight(90, -1, 60)[:40], straight(50, 0, 20)...)
	for name, c := range map[string]struct {
		points   []Point
		restarts []time.Time
		trend    Trend
		want     string
	}{
		"falling":         {straight(90, -0.25, 90), nil, TrendFalling, "~6 min (5-7)"},
		"falling soon":    {straight(40, -1, 90), nil, TrendFalling, "~40 s (35-45)"},
		"falling slowly":  {straight(300, -0.1, 120), nil, TrendFalling, "~50 min (45-55)"},
		"rising":          {straight(41.3, 0.4, 90), nil, TrendRising, "60 s in ~45 s (40-50)"},
		"rising beyond":   {straight(80, 0.4, 90), nil, TrendRising, "not converging"},
		"flat":            {straight(12, 0, 90), nil, TrendFlat, "flat"},
		"caught up":       {straight(0.2, 0, 90), nil, TrendFlat, "caught up"},
		"too short":       {straight(30, -1, 12), nil, TrendUnknown, "can't tell yet (12 s of data)"},
		"none":            {nil, nil, TrendUnknown, "can't tell (no recent data)"},
		"old":             {straight(30, -1, 120)[:60], nil, TrendUnknown, "can't tell (no recent data)"},
		"after an action": {straight(90, -1, 90), []time.Time{now.Add(-9 * time.Second)}, TrendUnknown, "can't tell yet (9 s of data)"},
		"later action":    {straight(90, -0.25, 90), []time.Time{now.Add(time.Second)}, TrendFalling, "~6 min (5-7)"},
		"falling afar":    {straight(3000, -0.5, 60), nil, TrendFalling, "falling, can't tell how long"},
		"saw-tooth":       {sawTooth(100), nil, TrendUnknown, "no clear trend (100 s of data)"},
		"new saw-tooth":   {sawTooth(45), nil, TrendUnknown, "can't tell yet (45 s of data)"},
		"just froze":      {frozen, nil, TrendFlat, "flat"},
		"just turned":     {append(straight(80, 1, 70)[:60], straight(60, -1, 10)...), nil, TrendUnknown, "can't tell yet (9 s of data)"},
	} {
		t.Run(name, func(t *testing.T) {
			f := Predict(c.points, c.restarts, now, ForecastLimits{})
			if f.Trend.String() != c.trend.String() || f.Words() != c.want {
				t.Errorf("%v, %q; want %v, %q\n%+v", f.Trend, f.Words(), c.trend, c.want, f)
			}
		})
	}
}

func TestOutlookSaysWhatArrives(t *testing.T) {
	for want, points := range map[string][]Point{
		"falling, caught up in ~6 min (5-7)": straight(90, -0.25, 90),
		"rising, 60 s in ~45 s (40-50)":      straight(41.3, 0.4, 90),
		"not converging":                     straight(80, 0.4, 90),
		"caught up":                          straight(0.2, 0, 90),
	} {
		if got := Predict(points, nil, now, ForecastLimits{}).Outlook(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestETAWords(t *testing.T) {
	for want, v := range map[string][3]float64{
		"~6 min (4-11)":    {350, 250, 655},
		"~45 s (30-70)":    {44, 31, 68},
		"~5 s (<5-10)":     {2, 1, 6},
		"~1 min (<1-3)":    {50, 20, 150},
		"~2 min (1-3)":     {110, 100, 130},
		"~40 min (25-65)":  {2400, 1600, 3800},
		"~2 h (1.5-3)":     {7000, 6000, 10000},
		"~8 h (6-13)":      {28000, 24000, 44000},
		"~1 min (1-3)":     {61, 60, 125},
		"~120 s (115-120)": {118, 116, 119.5},
	} {
		e := ETA{cluster.Known(v[0]), [2]cluster.Figure{cluster.Known(v[1]), cluster.Known(v[2])}}
		if got := e.Words(); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
	if w := (ETA{}).Words(); w != "" {
		t.Errorf("unknown: %q", w)
	}
}

// TestForecastProperties holds for any readings: the bounds enclose the estimate,
// none is wider than it may be, repeats change nothing, and nor does when it is.
func TestForecastProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 300).Draw(t, "n")
		at := now.Add(-time.Duration(rapid.IntRange(0, 30).Draw(t, "age")) * time.Second)
		points := make([]Point, n)
		for i := range slices.Backward(points) {
			points[i] = Point{at, rapid.OneOf(
				rapid.Float64Range(0, 100), rapid.Just(float64(i)), rapid.Float64(),
				rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), 0, -1, 1e300}),
			).Draw(t, "v")}
			at = at.Add(-time.Duration(rapid.IntRange(0, 5000).Draw(t, "step")) * time.Millisecond)
		}
		f := Predict(points, nil, now, ForecastLimits{})
		for _, e := range []ETA{f.ToCaughtUp, f.ToEscalation} {
			best, low, high := value(e.Estimate), value(e.Bounds[0]), value(e.Bounds[1])
			if e.Known() && (low < 0 || low > best || best > high || high-low > widestInterval*best+1e-9) {
				t.Fatalf("bad bounds: %v", e)
			}
		}
		if f.Words() == "" {
			t.Fatal("no words")
		}
		if s := Predict(repeated(trace{points: points}).points, nil, now, ForecastLimits{}); !cmp.Equal(f, s, sameFigure) {
			t.Fatalf("repeats matter: %s", cmp.Diff(f, s, sameFigure))
		}
		for i := range points {
			points[i].At = points[i].At.Add(time.Hour)
		}
		s := Predict(points, nil, now.Add(time.Hour), ForecastLimits{})
		if s.At, s.Since = f.At, f.Since; !cmp.Equal(f, s, sameFigure) {
			t.Fatalf("the hour matters: %s", cmp.Diff(f, s, sameFigure))
		}
	})
}

// TestForecastNoticesATurn: a forecast that says the opposite of what happens is
// worst just after a turn, so that it must not live long.
func TestForecastNoticesATurn(t *testing.T) {
	var delays []float64
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(heldOutSeed, seed))
		g := signal{level: 50, slope: -uniform(r, 0.2, 1), begin: -60, before: uniform(r, 0.2, 1)}
		tr := sampled(r, "turn", g, 180, 0.5, 0)
		delay := 60.0
		for after := range 60 {
			at := now.Add(time.Duration(after-60) * time.Second)
			if f := Predict(tr.points, nil, at, ForecastLimits{}); f.Trend != TrendRising {
				delay = float64(after)
				break
			}
		}
		delays = append(delays, delay)
	}
	slices.Sort(delays)
	t.Logf("a turn is noticed after %v s (median), %v s (90th percentile)", delays[50], delays[90])
	if delays[50] > 10 || delays[90] > 20 {
		t.Errorf("a turn is noticed too late: %v", delays)
	}
}

// TestForecastAfterTwoTurns: a window that holds an incident's beginning, its turn and
// its end has a forecast by the last of them, about as soon as after one turn, and no
// slope of the other sign for longer than it takes to notice.
func TestForecastAfterTwoTurns(t *testing.T) {
	for _, c := range [][3]float64{ // slopes, each a regime that began 120, 60 and 0 s ago
		{0, 0.5, -0.3}, {0, 1, -2}, {0.8, -0.4, 0.7}, {-0.5, 0.5, -0.5}, {-0.7, 0, 1},
	} {
		for _, noise := range []float64{0, 0.1} {
			r := rand.New(rand.NewPCG(heldOutSeed, 1))
			var points []Point
			lag := 100.0
			for s := -120; s <= 40; s++ {
				regime := min(max(0, (s+119)/60), 2)
				if s > 0 {
					regime = 2
				} else {
					regime = min(regime, 1)
				}
				lag += c[regime]
				points = append(points, Point{now.Add(seconds(float64(s))), lag + noise*r.NormFloat64()})
				f := Predict(points[max(0, len(points)-120):], nil, points[len(points)-1].At, ForecastLimits{})
				slope, _ := f.Slope.Value()
				if s > 10 && slope*c[2] < 0 || s > 25 && (f.Trend != TrendRising && c[2] > 0 || f.Trend != TrendFalling && c[2] < 0) {
					t.Errorf("%v, noise %v, %d s after the last turn: %v at %v", c, noise, s, f.Trend, f.Slope)
					break
				}
			}
		}
	}
}

// TestForecastIsNotFooledByACurve: a lag that decays would be promised too soon
// by a straight line.
func TestForecastIsNotFooledByACurve(t *testing.T) {
	promised := 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(heldOutSeed, seed))
		level, decay := uniform(r, 10, 200), uniform(r, 60, 200)
		var points []Point
		for s := -120.0; s <= 0; s++ {
			points = append(points, Point{now.Add(seconds(s)), level*math.Exp(-s/decay) + 0.02*level*r.NormFloat64()})
		}
		f := Predict(points, nil, now, ForecastLimits{})
		if f.ToCaughtUp.Known() {
			promised++
		}
		if f.Slowing && f.Trend == TrendFalling && f.Words() != "falling ever slower" {
			t.Error(f.Words())
		}
	}
	t.Logf("%d of 200 decays are taken for straight", promised)
	if promised > 10 {
		t.Errorf("%d of 200 decays are taken for straight", promised)
	}
}

// TestForecastThroughAnIncident asks each second of whole incidents, from before
// the lag until after its end, as the screen does.
func TestForecastThroughAnIncident(t *testing.T) {
	covered, wrong, all := 0, 0, 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(heldOutSeed, seed))
		up, down, noise := uniform(r, 0.2, 0.8), uniform(r, 0.2, 0.8), 0.0
		rho, deviation := uniform(r, 0, 0.7), uniform(r, 0.1, 1.5)
		const begin, turn, healthy, notice = 60.0, 160.0, 0.3, 6.0 // a change takes that long to notice
		top := healthy + up*(turn-begin)
		end := turn + (top-1)/down
		var points []Point
		for s := 0.0; s < end+60; s++ {
			lag := min(max(healthy, healthy+up*(s-begin)), max(healthy, top-down*(s-turn)))
			noise = rho*noise + deviation*math.Sqrt(1-rho*rho)*r.NormFloat64()
			points = append(points, Point{now.Add(seconds(s)), max(0, lag+noise)})
			f := Predict(points[max(0, len(points)-300):], nil, now.Add(seconds(s)), ForecastLimits{})
			truth, e, right, ended := end-s, f.ToCaughtUp, s >= turn && s < end, end
			if f.ToEscalation.Known() {
				truth, e, right, ended = begin+(60-healthy)/up-s, f.ToEscalation, s > begin && s < turn, turn
			}
			switch {
			case !e.Known() || (s >= ended && s < ended+notice):
				continue
			case !right:
				wrong++
			case value(e.Bounds[0]) <= truth && truth <= value(e.Bounds[1]):
				covered++
			}
			all++
		}
	}
	t.Logf("%d forecasts, %d within their bounds, %d of something that does not come", all, covered, wrong)
	if covered*10 < all*9 || wrong*100 > all || all < 2000 {
		t.Errorf("%d forecasts, %d within their bounds, %d of something that does not come", all, covered, wrong)
	}
}

// lagSeries is a Series of one lag, a reading a second, by a formula.
type lagSeries struct {
	from time.Time
	lag  func(seconds float64) float64
}

func (l lagSeries) Buckets(_ cluster.NodeID, _ cluster.Quantity, to time.Time, width time.Duration, n int) []cluster.Bucket {
	out := make([]cluster.Bucket, n)
	first := to.Truncate(width).Add(-time.Duration(n-1) * width)
	for i := range out {
		b := &out[i]
		b.From = first.Add(time.Duration(i) * width)
		for at := b.From; at.Before(b.From.Add(width)) && !at.After(to); at = at.Add(time.Second) {
			if at.Before(l.from) {
				continue
			}
			v := l.lag(at.Sub(l.from).Seconds())
			if b.N == 0 {
				b.Min, b.Max = v, v
			}
			b.N++
			b.Min, b.Max, b.Last, b.Taken = min(b.Min, v), max(b.Max, v), v, at
		}
	}
	return out
}

func (lagSeries) Lines(cluster.NodeID, time.Time) []cluster.HeardLine { return nil }

func (l lagSeries) Span(cluster.NodeID, cluster.Quantity) (oldest, newest time.Time) {
	return l.from, l.from.Add(time.Hour)
}

// watched is a cluster of which one lag is read.
type watched struct {
	begin time.Time
	state *cluster.State
	hist  *cluster.History
}

func watchLag(begin time.Time) watched {
	w := watched{begin, cluster.NewState(), cluster.NewHistory(cluster.HistoryOptions{})}
	w.publish(begin.Add(-time.Second), cluster.FromMonitor, &cluster.Session{
		Run: "r", Interval: time.Second, Speed: 1,
		Thresholds: cluster.Thresholds{Warning: 5 * time.Second, Critical: 10 * time.Second, Escalate: time.Minute},
		Primary:    cluster.NodeSpec{ID: "node1", Metrics: true}, Replicas: []cluster.NodeSpec{{ID: "node2"}},
	})
	return w
}

func (w watched) publish(at time.Time, kind cluster.SourceKind, b cluster.Body) {
	o := cluster.Observation{
		Received: at, Mono: at.Sub(w.begin) + time.Minute, Taken: at,
		Source: cluster.Source{Kind: kind, Node: "node1"}, Body: b,
	}
	w.state.Apply(&o)
	w.hist.Apply(&o, w.state)
}

func (w watched) read(at time.Time, lag float64) {
	w.publish(at, cluster.FromMetrics, &cluster.MetricsReading{Asked: everyFamily, Samples: []cluster.Sample{
		{Family: cluster.FamilyLag, Replica: "node2", Value: lag},
	}})
}

// TestTwentySecondsAreEnough: status watches for so long, and then has the slope
// of each lag, also of one that is caught up.
func TestTwentySecondsAreEnough(t *testing.T) {
	for slope, want := range map[float64]Trend{0: TrendFlat, 0.5: TrendRising} {
		begin := now.Truncate(time.Second)
		w := watchLag(begin)
		for i := range 20 {
			after := seconds(0.1 + float64(i))
			w.read(begin.Add(after), 0.2+slope*after.Seconds())
		}
		s := w.state.Snapshot(begin.Add(20*time.Second), w.hist)
		f := TrendOf(s, s.Replica("node2"))
		if f.Trend != want || !f.Slope.Known() || f.ToEscalation.Known() != (slope > 0) {
			t.Errorf("slope %v: %+v", slope, f)
		}
	}
}

// TestForecastBetweenReadings: whenever within a second it is asked for, and
// wherever in their seconds the readings come, a straight lag has a forecast. The
// last value is held until the next one for the eye, not for the slope.
func TestForecastBetweenReadings(t *testing.T) {
	for _, jitter := range []float64{0, 0.3} {
		for _, first := range []time.Duration{0, 400 * time.Millisecond, 990 * time.Millisecond} {
			begin := now.Truncate(time.Second).Add(first)
			watch := watchLag(begin)
			taken := func(i int) time.Time {
				return begin.Add(seconds(float64(i) + jitter*math.Sin(float64(7*i))))
			}
			for i := range 60 {
				read := taken(i)
				watch.read(read, 1+0.5*read.Sub(begin).Seconds())
				for at := read; i >= 25 && at.Before(taken(i+1)); at = at.Add(100 * time.Millisecond) {
					s := watch.state.Snapshot(at, watch.hist)
					if got := ForecastOf(s, s.Replica("node2")); got.Trend != TrendRising || got.Basis < 23*time.Second {
						t.Fatalf("first %v, jitter %v, %v after reading %d: %v by %v of data", first, jitter, at.Sub(read), i, got.Trend, got.Basis)
					}
				}
			}
		}
	}
}

// TestScores: what was said is held against what came, and against what is said
// now; what an action overtook is not.
func TestScores(t *testing.T) {
	begin := now.Truncate(time.Minute)
	as := func(after time.Duration, lag func(float64) float64, steps ...cluster.ActionAt) (all []Scored, is Forecast) {
		s := &cluster.Snapshot{At: begin.Add(after), Series: lagSeries{begin, lag}, Actions: steps, Interval: time.Second}
		s.Session.Thresholds.Escalate = time.Minute
		var past []Forecast
		for _, m := range ScoreMarks(s.At) {
			past = append(past, ForecastAt(s, "node2", m))
		}
		return Score(s, "node2", past), ForecastAt(s, "node2", s.At)
	}
	said := func(after time.Duration) string { return "said " + clock(begin.Add(after)) }
	at := func(after time.Duration) string { return clock(begin.Add(after)) }

	falling := func(x float64) float64 { return max(0.2, 41-x/15) } // caught up after 10:00
	if got, is := as(4*time.Minute+30*time.Second, falling); len(got) != 4 || got[0].Words(is) != said(10*time.Minute)+", now "+at(10*time.Minute) || got[0].Within() {
		t.Errorf("falling: %+v", got)
	}
	if got, is := as(10*time.Minute+20*time.Second, falling); len(got) != 7 || got[0].Words(is) != said(10*time.Minute)+", was "+at(10*time.Minute) || !got[0].Within() {
		t.Errorf("fell: %+v", got)
	}
	slower := func(x float64) float64 { return 41 - min(x, 180)/15 - max(0, x-180)/30 } // a change after 3:00: 17:00
	if got, is := as(7*time.Minute+30*time.Second, slower); len(got) < 4 || got[0].Words(is) != said(10*time.Minute)+", now "+at(17*time.Minute) {
		t.Errorf("slower: %+v", got)
	}
	rising := func(x float64) float64 { return 20 + x/6 } // 60 s after 4:00
	if got, is := as(4*time.Minute+30*time.Second, rising); len(got) != 3 || !got[0].Escalation || got[0].Words(is) != "said 60 s at "+at(4*time.Minute)+", was "+at(4*time.Minute) || !got[0].Within() {
		t.Errorf("rising: %+v", got)
	}
	cured := func(x float64) float64 { return max(0.2, min(20+x/6, 50-(x-180)*10)) } // before it came so far
	if got, is := as(4*time.Minute+30*time.Second, cured); len(got) == 0 || !got[0].Escalation || got[0].Words(is) != "said 60 s at "+at(4*time.Minute)+", now caught up" {
		t.Errorf("cured: %+v", got)
	}
	again := func(x float64) float64 { return max(cured(x), min((x-240)*2, 70)) } // of which nobody spoke
	if got, is := as(5*time.Minute, again); len(got) < 2 || !got[0].Escalation || got[0].Words(is) != "said 60 s at "+at(4*time.Minute)+", caught up at "+at(3*time.Minute)+" instead" || got[0].Within() {
		t.Errorf("another episode: %+v", got)
	}
	flat := func(x float64) float64 { return max(20, 41-x/15) }
	if got, is := as(8*time.Minute+30*time.Second, flat); len(got) == 0 || got[0].Words(is) != said(10*time.Minute)+", now open" {
		t.Errorf("flat: %+v", got)
	}
	acted := cluster.ActionAt{At: begin.Add(150 * time.Second), Step: cluster.ActionStep{Stage: cluster.ActionAnswered, Verdict: cluster.Clean("accepted")}}
	if got, _ := as(4*time.Minute+30*time.Second, falling, acted); len(got) != 2 || got[0].Made.Before(acted.At) {
		t.Errorf("overtaken by an action: %+v", got)
	}
}

// TestStairs: of a gauge that is renewed every 15 to 30 s each reading between repeats
// the one before. The lag is never told to be flat by those once it moved, and three
// renewals tell where it goes.
func TestStairs(t *testing.T) {
	for name, c := range map[string]struct {
		from, step float64
		every      int // readings
	}{
		"15 s each 30":           {0, 15, 30},
		"10 s each 20":           {40, 10, 20},
		"4.5 s each 15":          {20.5, 4.5, 15},
		"12 s less each 30":      {150, -12, 30},
		"two decimals":           {3.14, 6.66, 20},
		"renewed each 5 s, slow": {10, 2.5, 5},
	} {
		var points []Point
		slope := c.step / float64(c.every)
		for i := range 240 {
			y := c.from + c.step*float64(i/c.every)
			if name == "15 s each 30" && i < 120 { // healthy before
				y = 0
			} else if name == "15 s each 30" {
				y = c.step * float64(1+(i-120)/c.every)
			}
			points = append(points, Point{time.Unix(1700000000, 0).Add(time.Duration(i) * time.Second), y})
			if name == "15 s each 30" && i < 150 || i < c.every+3 {
				continue
			}
			f := Predict(points[max(0, len(points)-120):], nil, points[i].At, ForecastLimits{})
			v, known := f.Slope.Value()
			switch {
			case f.Trend == TrendFlat:
				t.Fatalf("%s: after %d s flat", name, i)
			case known && math.Abs(v-slope) > 0.15*math.Abs(slope):
				t.Fatalf("%s: after %d s slope %.3f, want %.3f", name, i, v, slope)
			case i > 4*c.every+30 && (name != "15 s each 30" || i > 120+90) && !known:
				t.Fatalf("%s: after %d s no slope", name, i)
			}
		}
	}
}
