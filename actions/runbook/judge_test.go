package runbook

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// judged runs a world until a second, publishing what its judge says into the
// state as cmd does, and returns all that was said.
func judged(w *world, until int) []cluster.Body {
	var all []cluster.Body
	for w.second < until {
		w.step()
		for _, b := range w.said {
			all = append(all, b)
			w.publish(21*time.Millisecond, 0, cluster.FromJudge, "", b, nil)
		}
		w.said = nil
	}
	return all
}

func TestJudgeSaysWhatChanged(t *testing.T) {
	w := newWorld(7, 3)
	w.judge = NewJudge(JudgeOptions{Rules: DefaultRules(cluster.Thresholds{Warning: 5 * time.Second, Critical: 10 * time.Second, Escalate: time.Minute})})
	hit(300, slow)(w)
	bodies := judged(w, 300)
	// One verdict and three alerts a replica, but for the first second, which
	// lacks a rate and so may say more.
	if n := len(bodies); n > 30 {
		t.Errorf("%d bodies while all is well: %v", n, bodies)
	}
	if n := len(judged(w, 301)); n != 0 {
		t.Errorf("%d bodies of a second in which nothing changed", n)
	}
	bodies = judged(w, 420)
	var verdicts []*cluster.Verdict
	for _, b := range bodies {
		if v, ok := b.(*cluster.Verdict); ok && v.Replica == "node2" {
			verdicts = append(verdicts, v)
		}
	}
	if n := len(verdicts); n < 3 || n > 30 {
		t.Fatalf("%d verdicts on node2 within two minutes", n)
	}
	last := verdicts[len(verdicts)-1]
	if last.Cause != cluster.CauseDisk || last.Confidence != likely || !last.Since.After(w.at(300)) || last.Since.After(w.at(360)) {
		t.Errorf("at last %v %v since %v", last.Cause, last.Confidence, last.Since)
	}
	s := w.snapshot()
	r := s.Replica("node2")
	if r.Verdict.Cause != cluster.CauseDisk || len(r.Alerts) != 3 || r.Alerts[0].State != cluster.AlertPending || r.Alerts[0].FiresAt.IsZero() {
		t.Errorf("the snapshot has %v and %+v", r.Verdict.Cause, r.Alerts)
	}
	if len(s.Escalations) != 1 || s.Escalations[0].Reason.String() != reasonLag {
		t.Errorf("escalations %+v", s.Escalations)
	}
}

// In the first moments sources have not answered yet: what is said of that must not
// stand beside their answers.
func TestJudgeTakesBackAtOnceWhatWasMissing(t *testing.T) {
	w := newWorld(7, 3)
	hit(20, slow)(w)
	judged(w, 60)
	s, j := w.snapshot(), NewJudge(JudgeOptions{})
	answered := s.Primary.Metrics
	s.Primary.Metrics = cluster.Access{Configured: true, Err: cluster.Fail(cluster.FailConnecting, "no answer yet, for 0 s", "")}
	missing := func() (text string, said bool) {
		for _, b := range j.Conclude(s) {
			if v, ok := b.(*cluster.Verdict); ok && v.Replica == "node2" {
				text, said = fmt.Sprint(v.Missing), true
			}
		}
		return text, said
	}
	if text, _ := missing(); !strings.Contains(text, "no answer yet") {
		t.Fatalf("missing at first: %s", text)
	}
	s.At = s.At.Add(time.Second)
	if text, said := missing(); said {
		t.Errorf("again, with nothing new: %s", text)
	}
	s.At, s.Primary.Metrics = s.At.Add(time.Second), answered
	s.Primary.Host.Access = cluster.Access{Configured: true, Err: cluster.Fail(cluster.FailTimeout, "no answer", "")} // as many as before
	if text, said := missing(); !said || strings.Contains(text, "no answer yet") {
		t.Errorf("once it answered: %v %s", said, text)
	}
}

func TestJudgeEndsEscalations(t *testing.T) {
	w := newWorld(8, 3)
	for _, n := range w.nodes[1:] {
		n.faults = append(n.faults, fault{from: 100, until: 160, effect: effect{stops: true}})
	}
	over := map[string]bool{}
	for _, b := range judged(w, 400) {
		if e, ok := b.(*cluster.Escalation); ok {
			over[e.Reason.String()] = e.Over
			if e.Since.Before(w.at(100)) || e.Since.After(w.at(170)) {
				t.Errorf("%s since %v", e.Reason, e.Since)
			}
		}
	}
	if done, ok := over[reasonSeveral]; !ok || !done {
		t.Errorf("escalations by whether they are over: %v", over)
	}
	if n := len(w.snapshot().Escalations); n != 0 {
		t.Errorf("%d escalations after all", n)
	}
}

func TestEscalationOfCrashLoop(t *testing.T) {
	w := newWorld(9, 3)
	n := w.nodes[1]
	for w.second < 120 {
		w.step()
		if w.second == 40 || w.second == 100 {
			if len(w.snapshot().Escalations) != 0 {
				t.Fatal("one restart is no loop")
			}
			n.restarts++
		}
		for _, b := range w.said {
			w.publish(21*time.Millisecond, 0, cluster.FromJudge, "", b, nil)
		}
		w.said = nil
	}
	list := w.snapshot().Escalations
	if len(list) != 1 || list[0].Reason.String() != reasonCrashLoop || !slices.Equal(list[0].Replicas, []cluster.NodeID{"node2"}) {
		t.Fatalf("escalations %+v", list)
	}
	judged(w, 100+601)
	if list := w.snapshot().Escalations; len(list) != 0 {
		t.Errorf("ten minutes later: %+v", list)
	}
}

// A lag that is lost was not cured.
func TestEscalationOutlivesItsSource(t *testing.T) {
	e := NewEscalations()
	at := func(lag float64, state cluster.LagState) int {
		s := &cluster.Snapshot{
			At:      time.Unix(1000, 0),
			Session: cluster.Session{Thresholds: cluster.Thresholds{Critical: 10 * time.Second, Escalate: time.Minute}},
			Replicas: []cluster.Replica{{
				Node: cluster.Node{ID: "node2"}, Lag: cluster.Lag{State: state, Seconds: cluster.Known(lag)},
				Breaker: cluster.Breaker{State: cluster.BreakerTripped, Reason: cluster.Clean("timeout")},
			}},
		}
		return len(e.Note(s))
	}
	for i, x := range []struct {
		lag   float64
		state cluster.LagState
		want  int
	}{{60, cluster.LagLive, 0}, {61, cluster.LagLive, 1}, {61, cluster.LagStale, 1}, {0, cluster.LagUnknown, 1}, {59, cluster.LagLive, 0}} {
		if got := at(x.lag, x.state); got != x.want {
			t.Errorf("step %d: %d escalations, want %d", i, got, x.want)
		}
	}
}

func TestJudgeIsDeterministic(t *testing.T) {
	run := func() string {
		w := newWorld(11, 5)
		hit(200, slow)(w)
		var words string
		for _, b := range judged(w, 300) {
			words += fmt.Sprintf("%+v\n", b)
		}
		return words
	}
	if a, b := run(), run(); a != b {
		t.Error("two runs of one stream differ")
	}
}

// Budget: 3 ms a second for a thousand healthy replicas, alerts included.
func BenchmarkJudge(b *testing.B) {
	w := newWorld(3, 1000)
	w.interval = 1
	w.judge = NewJudge(JudgeOptions{Rules: DefaultRules(cluster.Thresholds{Warning: 5 * time.Second, Critical: 10 * time.Second, Escalate: time.Minute})})
	for range 20 {
		w.step()
	}
	s := w.snapshot()
	b.Run("conclude", func(b *testing.B) {
		for b.Loop() {
			s.At = s.At.Add(time.Second)
			w.judge.evaluated = true
			w.judge.Conclude(s)
		}
	})
	for i := range s.Replicas {
		s.Replicas[i].Lag.Seconds = cluster.Known(30)
	}
	b.Run("all lag", func(b *testing.B) {
		for b.Loop() {
			s.At = s.At.Add(time.Second)
			w.judge.evaluated = true
			w.judge.Conclude(s)
		}
	})
}
