package panes

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/stemedb/stemetop/sources/cluster"
)

// TestJudgementUnknown: where nothing was judged or probed, that is said, and
// takes little room.
func TestJudgementUnknown(t *testing.T) {
	f := frame(snapshot(nil, live("node2", 12, 3, 4)))
	for name, out := range map[string]string{
		"why": ansi.Strip(Why(f, 80, 5)), "alerts": ansi.Strip(Alerts(f, 38, 5)), "link": ansi.Strip(Host(f, 80, 5)),
	} {
		if !strings.Contains(out, "?") {
			t.Errorf("%s does not say that it is not known:\n%s", name, out)
		}
	}
	if out := ansi.Strip(Why(f, 80, 5)); strings.TrimSpace(strings.SplitN(out, "\n", 2)[1]) != "" {
		t.Errorf("what is not known takes more than a line:\n%s", out)
	}
	if out := ansi.Strip(Banner(f, 80, 1)); strings.TrimSpace(out) != "" {
		t.Errorf("a banner of nothing: %q", out)
	}
}

// TestWhyInAnyTwoLines: cause, confidence and next step are there from two lines
// on, and evidence is left out from its least important end.
func TestWhyInAnyTwoLines(t *testing.T) {
	f := critical()
	for h := 2; h < 14; h++ {
		out := ansi.Strip(Why(f, 80, h))
		for _, want := range []string{"DISK, likely", "99 %util", "next     reduce ingestion"} {
			if h == 2 && want == "99 %util" {
				continue // beside the cause, where there is room
			}
			if !strings.Contains(out, want) {
				t.Errorf("%d lines: no %q:\n%s", h, want, out)
			}
		}
		if has := strings.Contains(out, "missing"); has && !strings.Contains(out, "against") {
			t.Errorf("%d lines: what is missing before what speaks against:\n%s", h, out)
		}
	}
}

// TestTrendWords: rising and falling have arrows and signs, and what is not live
// has its age instead.
func TestTrendWords(t *testing.T) {
	for want, fn := range map[string]func(float64) (float64, bool){
		"▲+0.4 s/s": func(ago float64) (float64, bool) { return 50 - 0.4*ago + 0.2*math.Sin(7*ago), true },
		"▼-0.2 s/s": func(ago float64) (float64, bool) { return 12 + 0.2*ago + 0.2*math.Sin(7*ago), true },
		"flat":      func(float64) (float64, bool) { return 12.5, true },
		"       ?":  until(110, func(float64) (float64, bool) { return 12.5, true }),
	} {
		v, _ := fn(0)
		f := frame(snapshot(fakeSeries{{"node2", cluster.QuantityLag}: fn}, live("node2", v, 0, 0)))
		if out := ansi.Strip(Replicas(f, 80, 2)); !strings.Contains(out, want) {
			t.Errorf("no %q:\n%s", want, out)
		}
		remembered := *f
		remembered.Forecasts = &Forecasts{}
		for range 2 {
			if a, b := Replicas(f, 80, 2), Replicas(&remembered, 80, 2); a != b {
				t.Errorf("remembered differs:\n%s\n%s", a, b)
			}
		}
	}
	if out := ansi.Strip(Replicas(notKnown(), 80, 6)); !strings.Contains(out, "34 s old") {
		t.Errorf("no age:\n%s", out)
	}
}

// TestFinding is the text of a finding, as it would stand in a chat.
func TestFinding(t *testing.T) {
	const want = `2026-11-22T03:12:44Z prod-eu node2: CRIT, lag 41.3 s (live), rising, 60 s in ~3 min (2-4)
behind 18.2k, applies 620/s, sync running 58 %, breaker closed
forecast at 03:07 said 60 s at 03:15, now 03:15
alerts: ReplicationLagCritical firing since 03:11:32Z; ReplicationLagWarning fires in 2:05 if it stays
cause: DISK, likely since 03:06:44Z
for: nvme0n1 (WAL) 99 %util, w_await 60 ms, 14 times its normal, since 03:06:12, 20 s before the lag; PSI io 38 %: work stands still for want of it; normal: cpu 8 %, rtt 0.4 ms, port 18182 open, breaker closed
against: node5 lags too
missing: merkle sync errors of the replica: its log can't be read
next: reduce ingestion on the primary to 500/s (runbook: Disk I/O is saturated, step 3)
see rebuild: docs/operations/runbooks/rebuild-replica.md (0.2 sync errors/s over 5 min, 18240 assertions behind)`
	if got := Finding(critical()); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := Finding(frame(snapshot(nil))); got != "" {
		t.Errorf("a finding on nothing: %q", got)
	}
}

// TestPortStatesToldApart: each state of the RPC port has its own word.
func TestPortStatesToldApart(t *testing.T) {
	seen := map[string]bool{}
	for port := cluster.PortUnknown; port <= cluster.PortNoRoute; port++ {
		f := critical()
		f.Snap.Replicas[0].Network.Port = port
		_, after, _ := strings.Cut(ansi.Strip(Host(f, 100, 21)), "rpc ")
		word, _, _ := strings.Cut(after, "  ")
		if seen[word] || word == "" {
			t.Errorf("%v is drawn as %q", port, word)
		}
		seen[word] = true
	}
}

// TestAlertsOrder: the selected replica's rules come first, all of them, then the
// breakers that stand nowhere else, so that no number of alerts of others hides one;
// of others only what is not inactive, worst first; scrolling brings the rest.
func TestAlertsOrder(t *testing.T) {
	f := escalated()
	order := []string{"fires in 2:05   ReplicationLagWarning", "inactive", "agent-x, not matched", "node4 Rep", "node5 Rep", "agent-node2 of node2"}
	out := ansi.Strip(Alerts(f, 90, 20))
	last := -1
	for _, want := range order {
		at := strings.LastIndex(out, want) // theirs come before ours of others
		if at <= last {
			t.Errorf("%q is at %d, after %d:\n%s", want, at, last, out)
		}
		last = at
	}
	f.Scroll[PaneAlerts] = 500
	if out := ansi.Strip(Alerts(f, 90, 3)); !strings.Contains(out, "agent-node2 of") {
		t.Errorf("scrolling does not reach the end:\n%s", out)
	}
}

// TestHeadlineKeepsForecast: at 80 columns the headline still says when the lag
// arrives where it goes, and a photo of it when it was and how old the data are;
// what has room left over stays.
func TestHeadlineKeepsForecast(t *testing.T) {
	out := strings.Split(ansi.Strip(Header(critical(), 80, 1)), "\n")[0]
	for _, want := range []string{"node2 at 41.3 s  60 s in ~3 min (2-4)", "<1 s old", "03:12:44Z", "LIVE"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q: %q", want, out)
		}
	}
	f := critical()
	f.Snap.Replicas[0].Name = cluster.Clean(strings.Repeat("long", 10))
	if out := ansi.Strip(Header(f, 80, 1)); !strings.Contains(out, "<1 s old") || !strings.Contains(out, "03:12:44Z") {
		t.Errorf("beside a long name: %q", out)
	}
	if out := ansi.Strip(Header(escalated(), 100, 1)); !strings.Contains(out, "prod-eu") {
		t.Errorf("%q", out)
	}
}

// TestHeadlineOfAnEscalation: what the runbook says to escalate is not OK, however
// small the lags are.
func TestHeadlineOfAnEscalation(t *testing.T) {
	f := healthy()
	if out := ansi.Strip(Header(f, 80, 1)); !strings.Contains(out, "OK") {
		t.Errorf("of a healthy cluster: %q", out)
	}
	f.Snap.Escalations = []cluster.Escalation{{Reason: cluster.Clean("crash_loop"), Replicas: []cluster.NodeID{f.Snap.Replicas[0].ID}, Since: f.Snap.At}}
	for _, w := range []int{80, 120} {
		out := ansi.Strip(Header(f, w, 1))
		if !strings.Contains(out, "ESCALATE x   crash loop during sync: "+f.Snap.Replicas[0].Name.String()) || strings.Contains(out, " OK ") {
			t.Errorf("%d columns: %q", w, out)
		}
		if !alarming(f.Snap) || w > 80 != strings.Contains(out, "lags within 5 s") {
			t.Errorf("%d columns: %q", w, out)
		}
	}
}

// TestTheirAlertsBesideOurs: what Prometheus says stands below a heading of its
// own, with its age; where it fell silent it is not claimed to be so still.
func TestTheirAlertsBesideOurs(t *testing.T) {
	f := escalated()
	order := []string{
		"inactive        MerkleSyncFailures", "in Prometheus, 4 s old", "FIRING x 72 s   ReplicationLagCritical",
		"FIRING x 5m 00s ClusterSplitBrain (cluster-wide): two primaries", "FIRING !        HighNetworkUtilization (10.0.0.7:9100)",
		"pending 43 s    node5 ReplicationLagWarning", "ours, of others", "node4 ReplicationLagCritical (was firing",
	}
	out := ansi.Strip(Alerts(f, 90, 24))
	last := -1
	for _, want := range order {
		at := strings.LastIndex(out, want)
		if at <= last {
			t.Errorf("%q is at %d, after %d:\n%s", want, at, last, out)
		}
		last = at
	}
	if text := Finding(f); !strings.Contains(text, "in Prometheus, 4 s old: ReplicationLagCritical firing since 03:11:32Z; ClusterSplitBrain firing since 03:07:44Z") {
		t.Errorf("finding:\n%s", text)
	}
	f.Snap.Prometheus.Access = failed(cluster.Fail(cluster.FailRefused, "connection refused (prometheus:9090)", ""), 2*time.Minute)
	out = ansi.Strip(Alerts(f, 90, 24))
	for _, want := range []string{"in Prometheus, 2m 00s old", "UNKNOWN ?       connection refused (prometheus:9090)", "was firing ?    ReplicationLagCritical"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q:\n%s", want, out)
		}
	}
	if out := ansi.Strip(Events(f, 90, 6)); !strings.Contains(out, "prometheus: connection refused") {
		t.Errorf("events:\n%s", out)
	}
	f = critical()
	f.Snap.Prometheus = cluster.Prometheus{Access: access(time.Second)}
	if out := ansi.Strip(Alerts(f, 60, 8)); !strings.Contains(out, "in Prometheus, 1 s old: none active") {
		t.Errorf("none active:\n%s", out)
	}
}

// TestForecastsAreRemembered: what is remembered of earlier forecasts changes
// nothing that is drawn, and an action is not overlooked by it.
func TestForecastsAreRemembered(t *testing.T) {
	f := critical()
	f.Forecasts = &Forecasts{}
	draw := func() (remembered, anew string) {
		bare := *f
		bare.Forecasts = nil
		return LagChart(f, 90, 40), LagChart(&bare, 90, 40)
	}
	with, anew := draw()
	if again, _ := draw(); with != anew || again != anew || !strings.Contains(anew, "at 03:12 said 60 s at 03:15") || !strings.Contains(anew, "at 03:07 ") {
		t.Errorf("%s\nanew\n%s", with, anew)
	}
	f.Snap.Actions = []cluster.ActionAt{{At: at.Add(-3 * time.Minute), Step: cluster.ActionStep{
		Action: "a", Stage: cluster.ActionAnswered, Verdict: cluster.Clean("accepted"),
	}}}
	if with, anew = draw(); with != anew || strings.Contains(anew, "at 03:09") {
		t.Errorf("after an action: %s\nanew\n%s", with, anew)
	}
}

// TestWhyNamesTheKeys: the keys for what is advised stand before the words, and
// those of actions only where they do something.
func TestWhyNamesTheKeys(t *testing.T) {
	f := critical()
	r := f.replica()
	for _, c := range []struct {
		advice []string
		acts   bool
		want   string
	}{
		{[]string{"throttle", "sync", "escalate"}, true, "next     t throttle   s sync   E escalate"},
		{[]string{"throttle", "sync", "escalate"}, false, "next     E escalate"},
		{[]string{"reset", "sync"}, true, "next     b reset the breaker   s sync"},
		{[]string{"network"}, false, "next     P path  M trace"},
		{nil, true, "next     reduce"},
		{[]string{"a word of later"}, true, "next     reduce"},
	} {
		r.Verdict.Advice = nil
		for _, a := range c.advice {
			r.Verdict.Advice = append(r.Verdict.Advice, cluster.Clean(a))
		}
		f.MayAct = c.acts
		if out := ansi.Strip(Why(f, 100, 12)); !strings.Contains(out, c.want) {
			t.Errorf("%v, may act %v: no %q:\n%s", c.advice, c.acts, c.want, out)
		}
	}
}

// TestAlertStateKeepsItsName: between a state that has lasted for long and the name
// of the alert there is room.
func TestAlertStateKeepsItsName(t *testing.T) {
	for _, age := range []time.Duration{9 * time.Minute, 15*time.Minute + 52*time.Second, 23*time.Hour + 59*time.Minute, 99 * 24 * time.Hour} {
		f := escalated()
		r := &f.Snap.Replicas[0]
		r.Alerts[0].State, r.Alerts[0].Since = cluster.AlertFiring, f.Snap.At.Add(-age)
		r.Prometheus[0].Active = f.Snap.At.Add(-age)
		out := ansi.Strip(Alerts(f, 38, 20))
		if n := strings.Count(out, " "+r.Alerts[0].Rule.String()[:16]); n < 2 {
			t.Errorf("after %v a name adjoins:\n%s", age, out)
		}
	}
}

// TestWhyOfEscalation: a replica that is escalated while its lag is small is not
// said to need no explanation.
func TestWhyOfEscalation(t *testing.T) {
	f := critical()
	r := &f.Snap.Replicas[0]
	r.Verdict = cluster.Verdict{Cause: cluster.CauseNone, Since: f.Snap.At}
	if out := ansi.Strip(Why(f, 80, 5)); !strings.Contains(out, "NOTHING TO EXPLAIN") {
		t.Errorf("of a healthy replica:\n%s", out)
	}
	f.Snap.Escalations = []cluster.Escalation{{Reason: cluster.Clean("crash_loop"), Replicas: []cluster.NodeID{r.ID}, Since: f.Snap.At}}
	r.Verdict.Since = f.Snap.At.Add(-time.Hour) // as long as nothing has to be explained
	if out := ansi.Strip(Why(f, 80, 5)); strings.Contains(out, "since 02:12") {
		t.Errorf("it holds since before it did:\n%s", out)
	}
	for h := 2; h < 8; h++ {
		out := ansi.Strip(Why(f, 80, h))
		for _, want := range []string{"NOT LAGGING, BUT TO BE ESCALATED", "E escalate"} {
			if !strings.Contains(out, want) {
				t.Errorf("%d lines: no %q:\n%s", h, want, out)
			}
		}
		if h > 2 && !strings.Contains(out, "crash loop during sync since 03:12:44Z") {
			t.Errorf("%d lines do not say what holds:\n%s", h, out)
		}
	}
}

// TestSyncSaysHowSure: beside a progress that may be percent, and a rate of errors
// that is not over 5 minutes yet, that is said.
func TestSyncSaysHowSure(t *testing.T) {
	f := critical()
	y := &f.Snap.Replicas[0].Sync
	y.Assumed, y.ErrorsOver, y.ErrorsPerSecond = true, 75*time.Second, cluster.Known(0.2)
	out := ansi.Strip(Sync(f, 53, 4))
	for _, want := range []string{"58 %  if a ratio", "errors 0.2/s over 75 s"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q:\n%s", want, out)
		}
	}
}

// TestNoDataToldApart: what was never seen is not said to be lost.
func TestNoDataToldApart(t *testing.T) {
	f := escalated()
	a := &f.Snap.Replicas[0].Alerts[0]
	a.State, a.Since, a.Was = cluster.AlertNoData, time.Time{}, cluster.AlertInactive
	if out := ansi.Strip(Alerts(f, 90, 3)); !strings.Contains(out, "(never seen)") || strings.Contains(out, "lost") {
		t.Errorf("never there:\n%s", out)
	}
	a.Since, a.Was = f.Snap.At, cluster.AlertFiring
	if out := ansi.Strip(Alerts(f, 90, 3)); !strings.Contains(out, "(was firing, source lost)") {
		t.Errorf("lost:\n%s", out)
	}
}

// TestServiceWithoutSSH: a process that tells of itself in its metrics is told of
// where its host is not asked, with a crash loop before all else.
func TestServiceWithoutSSH(t *testing.T) {
	f := frame(snapshot(nil, live("node2", 12, 3, 4)))
	if out := ansi.Strip(Host(f, 80, 10)); strings.Contains(out, "unit") {
		t.Errorf("a service of which nothing is known:\n%s", out)
	}
	s := &f.Snap.Replicas[0].Host.Service
	s.Why, s.ByMetrics, s.Since, s.At, s.Recent = cluster.Clean("not read yet"), true, f.Snap.At.Add(-12*time.Second), f.Snap.At, 3
	out := ansi.Strip(Host(f, 80, 10))
	for _, want := range []string{"no SSH target is configured", "CRASH LOOP x", "3 restarts in 10 min", "up 0m 12s", "by its own metrics"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q:\n%s", want, out)
		}
	}
}

// TestLostRecordingIsCutNotLeftOut: that nothing is recorded is said however long the
// reason is.
func TestLostRecordingIsCutNotLeftOut(t *testing.T) {
	f := frame(snapshot(nil, live("node2", 12, 3, 4)))
	f.Unsaved, f.Recording = true, cluster.Clean("not recording: "+strings.Repeat("a long way down/", 12)+": no space left on device")
	for _, message := range []string{"", "interval 2s"} {
		f.Message = cluster.Clean(message)
		for _, w := range []int{40, 80, 120, 200} {
			if out := ansi.Strip(Status(f, w, 1)); !strings.Contains(out, "not record") || !strings.Contains(out, message) {
				t.Errorf("%d wide, %q: %q", w, message, out)
			}
		}
	}
	f.Message, f.Doing = cluster.Text{}, cluster.Clean("throttle to 400/s: verifying")
	if out := ansi.Strip(Status(f, 120, 1)); !strings.Contains(out, "not record") || !strings.Contains(out, "throttle to 400/s: verifying") {
		t.Errorf("beside what goes on: %q", out)
	}
}
