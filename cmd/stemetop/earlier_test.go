package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/demo/physics"
)

// A monitor that is started when the only replica lags already has nothing to
// compare with, but for what an earlier run recorded: by the real collectors, the
// real recorder and the real files.
func TestNormalComesFromEarlierRecordings(t *testing.T) {
	dir := t.TempDir()
	lived := func(p *plot, keep bool) *stage {
		p.seed, p.replicas, p.target = 7, 1, 1
		s, err := newStage(t, p)
		if err != nil {
			t.Fatal(err)
		}
		s.pipeline.wiring.config.Record.Dir = dir
		session, ok := s.pipeline.session.Body.(*cluster.Session)
		if !ok {
			t.Fatal("no session")
		}
		if !keep {
			s.pipeline.recallNormal(t.Context(), session)
			s.run(p.end)
			s.round()
			if err := s.close(); err != nil {
				t.Error(err)
			}
			return s
		}
		k, err := (&invocation{}).keep(t.Context(), s.pipeline, nil)
		if err != nil {
			t.Fatal(err)
		}
		s.run(p.end)
		if err := s.close(); err != nil {
			t.Error(err)
		}
		if err := k.close(); err != nil {
			t.Error(err)
		}
		return s
	}
	lived(&plot{end: 10 * time.Minute}, true) // more windows than the least, for a reading may come late
	late := &plot{begin: time.Minute, end: 2 * time.Minute}
	late.do(30*time.Second, 1, physics.DiskCapacity, 0.2)
	v := lived(late, false).verdicts["node2"]
	words := make([]string, len(v.For))
	for i, w := range v.For {
		words[i] = w.String()
	}
	text := strings.Join(words, "\n")
	if v.Cause != cluster.CauseDisk || v.Confidence != cluster.ConfidenceLikely {
		t.Errorf("said %v %v, for\n%s", v.Cause, v.Confidence, text)
	}
	for _, part := range []string{"(recorded 1.", "normal by the recording of 2026-11-22", "as recorded"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
}
