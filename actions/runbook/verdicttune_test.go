package runbook

import (
	"testing"

	"github.com/stemedb/stemetop/sources/cluster"
)

func TestTune(t *testing.T) {
	m := judgeAll(verdictTuning+3, 342)
	t.Log("\n" + m.String())
	for _, tr := range m.all {
		if false && tr.sensed && tr.verdict.Confidence == cluster.ConfidencePossible {
			t.Logf("POSSIBLE %s (missing %+v, %d replicas)   FOR %q   AGAINST %q", tr.name, tr.w.miss, len(tr.w.nodes)-1, tr.verdict.For, tr.verdict.Against)
		}
	}
	for _, tr := range m.wrong {
		t.Logf("%s (missing %+v, %d replicas): truth %v said %v %v\n   FOR %q\n   AGAINST %q", tr.name, tr.w.miss, len(tr.w.nodes)-1, tr.truth,
			tr.verdict.Cause, tr.verdict.Confidence, tr.verdict.For, tr.verdict.Against)
	}
}

func TestOne(t *testing.T) {
	for i := range 114 {
		tr := draw(verdictTuning, i)
		if tr.name == "cut off, and the lag says 0 + a fast device at 98 %util, late" || tr.name == "path long, late" {
			w := tr.w
			s := w.snapshot()
			r := s.Replica("node2")
			all := newSurvey(s, w.judge.past)
			d := &diagnosis{s: s, all: all, r: r, n: w.judge.past.nodes["node2"], against: map[cluster.Cause][]string{}}
			if d.n.episode != nil {
				d.onset = d.n.episode.onset
			}
			d.measurement()
			d.disk()
			d.cpu()
			d.network()
			t.Logf("%s onset %v first %v since %v port %v net %+v", tr.name, d.onset, s.FirstSeen, r.Lag.Since, r.Network.Port, r.Network)
			for _, f := range d.findings {
				t.Logf("%+v", f)
			}
			t.Log(d.fine)
		}
	}
}
