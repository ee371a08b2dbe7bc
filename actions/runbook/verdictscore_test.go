package runbook

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stemedb/stemetop/sources/cluster"
)

// trial is one run of a generated incident.
type trial struct {
	name    string
	truth   []cluster.Cause // right answers
	sensed  bool
	verdict cluster.Verdict
	w       *world
}

// The seeds that thresholds may be looked at with, and those that decide.
const (
	verdictTuning  = 1
	verdictHeldOut = 5150
)

// shortcomings are sets of sensors that real clusters lack.
func shortcomings() []missing {
	return []missing{
		{},
		{},
		{},
		{psi: true},
		{processes: true},
		{admin: true},
		{probe: true},
		{host: true},
		{primaryHost: true},
		{metrics: true},
		{host: true, probe: true},
		{psi: true, processes: true},
		{ping: true},
		{ss: true},
	}
}

// draw makes a trial and runs it until the replica lags for some time.
func draw(seed uint64, i int) trial {
	r := rand.New(rand.NewPCG(seed, uint64(i)))
	kinds, extras := incidents(), confounders()
	size := []int{2, 5, 12}[i%3]
	w := newWorld(seed*1e6+uint64(i), size)
	kind := kinds[i%len(kinds)]
	t := 200 + r.IntN(200)
	tr := trial{name: kind.name, truth: []cluster.Cause{kind.truth}, w: w}
	w.miss = shortcomings()[r.IntN(len(shortcomings()))]
	kind.strike(w, r, t)
	tr.sensed = kind.sensed(w.miss)
	switch style := r.Float64(); {
	case style < 0.35:
		x := extras[r.IntN(len(extras))]
		if x.masks != nil && slices.Contains(x.masks, kind.name) {
			x = extras[0]
		}
		x.do(w, r, t)
		tr.name += " + " + x.name
	case style < 0.5:
		other := kinds[r.IntN(5)]
		other.strike(w, r, t+r.IntN(20))
		tr.truth = append(tr.truth, other.truth)
		tr.sensed = tr.sensed && other.sensed(w.miss)
		tr.name += " + " + other.name
	}
	if r.Float64() < 0.2 {
		w.skip = t + 20 + r.IntN(60)
		tr.name += ", late"
	}
	if !tr.sensed && kind.name == "cut off, and the lag says 0" {
		tr.truth = append(tr.truth, cluster.CauseMeasurement) // it can't be believed: that much is known
	}
	w.roughen(r, &tr)
	w.runUntilLag(t, 20+r.IntN(150))
	tr.verdict = w.verdict("node2")
	return tr
}

// roughen makes a world less kind: gauges of whole seconds, an unsteady load,
// faults that creep in.
func (w *world) roughen(r *rand.Rand, tr *trial) {
	w.whole = r.Float64() < 0.3
	if r.Float64() < 0.3 {
		w.bursts = uniform(r, 0.05, 0.25)
	}
	if r.Float64() >= 0.3 || tr.truth[0] == cluster.CauseBreaker || tr.truth[0] == cluster.CauseMeasurement {
		return
	}
	ramp := 20 + r.IntN(100)
	tr.name += fmt.Sprintf(", creeping in over %d s", ramp)
	for _, n := range w.nodes {
		for i := range n.faults {
			n.faults[i].ramp = ramp
		}
	}
}

// runUntilLag runs on until node2 has something to explain, and for as long as
// given after that; ten minutes at most.
func (w *world) runUntilLag(t, after int) {
	for w.second < t {
		w.step()
	}
	for end := t + 600; w.second < end; {
		w.step()
		if w.seq > 0 && w.second > w.skip+5 {
			if s := w.snapshot(); sick(s, s.Replica("node2")) {
				break
			}
		}
	}
	for range after {
		w.step()
	}
}

func (w *world) verdict(id cluster.NodeID) cluster.Verdict {
	list := Diagnose(w.snapshot(), w.judge.past)
	return list[slices.IndexFunc(list, func(v cluster.Verdict) bool { return v.Replica == id })]
}

func (tr *trial) right() bool { return slices.Contains(tr.truth, tr.verdict.Cause) }

// matrix counts answers by truth.
type matrix struct {
	runs                       int
	likely, likelyRight        int
	sensed, first, sure        int
	blind, blindRight, unknown int
	table                      map[cluster.Cause]map[string]int
	wrong                      []trial
}

func (m *matrix) add(tr trial) {
	m.runs++
	if m.table == nil {
		m.table = map[cluster.Cause]map[string]int{}
	}
	row := m.table[tr.truth[0]]
	if row == nil {
		row = map[string]int{}
		m.table[tr.truth[0]] = row
	}
	got := tr.verdict.Cause
	if tr.right() {
		got = tr.truth[0]
	}
	row[got.String()+" "+tr.verdict.Confidence.String()]++
	likely := tr.verdict.Confidence == cluster.ConfidenceLikely
	if likely {
		m.likely++
		m.likelyRight += btoi(tr.right())
	}
	if tr.sensed {
		m.sensed++
		m.first += btoi(tr.right())
		m.sure += btoi(tr.right() && likely)
	} else {
		m.blind++
		m.unknown += btoi(tr.verdict.Cause == cluster.CauseUnknown)
		m.blindRight += btoi(tr.right())
	}
	if (tr.sensed && !tr.right()) || (!tr.sensed && !tr.right() && tr.verdict.Cause != cluster.CauseUnknown) || (likely && !tr.right()) {
		m.wrong = append(m.wrong, tr)
	}
}

func (m *matrix) String() string {
	var b strings.Builder
	causes := []cluster.Cause{
		cluster.CauseDisk, cluster.CauseCPU, cluster.CauseNetwork, cluster.CausePrimary, cluster.CauseBreaker,
		cluster.CauseSync, cluster.CauseMeasurement, cluster.CauseUnknown, cluster.CauseNone,
	}
	fmt.Fprintf(&b, "%-12s", "truth \\ said")
	for _, c := range causes {
		fmt.Fprintf(&b, "%12s", c)
	}
	b.WriteString("   (likely+possible)\n")
	for _, truth := range causes {
		row := m.table[truth]
		if row == nil {
			continue
		}
		fmt.Fprintf(&b, "%-12s", truth)
		for _, c := range causes {
			sure, maybe := row[c.String()+" likely"], row[c.String()+" possible"]+row[c.String()+" unknown"]
			if sure+maybe == 0 {
				fmt.Fprintf(&b, "%12s", ".")
			} else {
				fmt.Fprintf(&b, "%12s", fmt.Sprintf("%d+%d", sure, maybe))
			}
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%d runs: likely right %d of %d; true cause first %d of %d with its sensors (%d likely); without them unknown %d of %d, right %d",
		m.runs, m.likelyRight, m.likely, m.first, m.sensed, m.sure, m.unknown, m.blind, m.blindRight)
	return b.String()
}

func judgeAll(seed uint64, n int) *matrix {
	m := &matrix{}
	for i := range n {
		m.add(draw(seed, i))
	}
	return m
}

// TestVerdictScores is the promise of the verdict: likely is right in 95 of 100,
// the true cause comes first in 90 of 100 where its sensors are there, and where
// they are not the answer is unknown.
func TestVerdictScores(t *testing.T) {
	m := judgeAll(verdictHeldOut, 342)
	t.Log("\n" + m.String())
	for _, tr := range m.wrong {
		t.Logf("%s (missing %+v, %d replicas): %v %v, for %q, against %q", tr.name, tr.w.miss, len(tr.w.nodes)-1,
			tr.verdict.Cause, tr.verdict.Confidence, tr.verdict.For, tr.verdict.Against)
	}
	if share(m.likelyRight, m.likely) < 0.95 {
		t.Errorf("likely is right in %.1f %%, want 95", 100*share(m.likelyRight, m.likely))
	}
	if share(m.first, m.sensed) < 0.9 {
		t.Errorf("the true cause is first in %.1f %%, want 90", 100*share(m.first, m.sensed))
	}
	if share(m.sure, m.sensed) < 0.5 {
		t.Errorf("the true cause is likely in %.1f %% only", 100*share(m.sure, m.sensed))
	}
	if share(m.unknown+m.blindRight, m.blind) < 0.9 {
		t.Errorf("without sensors %.1f %% are unknown or right, want 90", 100*share(m.unknown+m.blindRight, m.blind))
	}
}

func share(n, of int) float64 { return float64(n) / float64(max(1, of)) }

func BenchmarkVerdictScores(b *testing.B) {
	for b.Loop() {
		m := judgeAll(verdictTuning, 114)
		b.Log("\n" + m.String())
		b.ReportMetric(100*share(m.likelyRight, m.likely), "%likely-right")
		b.ReportMetric(100*share(m.first, m.sensed), "%first")
	}
}
