package panes

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/stemedb/stemetop/sources/cluster"
)

// loggedSeries is a fakeSeries with lines of logs.
type loggedSeries struct {
	fakeSeries

	lines map[cluster.NodeID][]cluster.HeardLine
}

func (s loggedSeries) Lines(id cluster.NodeID, to time.Time) []cluster.HeardLine {
	list := s.lines[id]
	for len(list) > 0 && list[len(list)-1].Received.After(to) {
		list = list[:len(list)-1]
	}
	return list
}

func heard(ago float64, level cluster.LogLevel, text string) cluster.HeardLine {
	t := at.Add(-time.Duration(ago * float64(time.Second)))
	return cluster.HeardLine{LogLine: cluster.LogLine{At: t, Level: level, Text: cluster.Clean(text)}, Received: t.Add(200 * time.Millisecond)}
}

// corrupt is an incident whose logs tell what it is. The clock of the primary is
// known, that of the replica is not.
func corrupt() *Frame {
	f := critical()
	s := f.Snap
	p, r := &s.Primary.Node, &s.Replicas[0].Node
	p.Host.Facts = &cluster.HostFacts{ClockKnown: true, ClockOffset: 2 * time.Second, ClockError: 3 * time.Millisecond}
	p.Log = cluster.Log{Access: access(time.Second), Of: cluster.Clean("journal of stemedb-api")}
	r.Log = cluster.Log{
		Access: access(2 * time.Second), Of: cluster.Clean("/var/log/stemedb.log"), Left: 120, GapAt: at.Add(-3 * time.Minute),
		Kept: []cluster.LogLine{
			heard(1200, cluster.LevelWarn, "compaction is behind by 4 files").LogLine,
			heard(34, cluster.LevelError, "sync error: range c4110000: corruption detected").LogLine,
		},
	}
	for i := range 12 {
		m := cluster.LogMinute{From: at.UTC().Truncate(time.Minute).Add(-time.Duration(11-i) * time.Minute), Other: uint64(6 + i%3)}
		if i > 8 {
			m.Error = uint64(i - 8)
		}
		p.Log.Minutes = append(p.Log.Minutes, m)
		m.Left = uint64(10 * (i % 2))
		r.Log.Minutes = append(r.Log.Minutes, m)
	}
	lines := map[cluster.NodeID][]cluster.HeardLine{}
	for i := 40; i >= 0; i-- {
		lines["node1"] = append(lines["node1"], heard(float64(10*i)-1, cluster.LevelInfo, "checkpoint: assertions=48240993 rate=1515/s"))
		if i%10 == 4 {
			lines["node1"] = append(lines["node1"], heard(float64(10*i)-3, cluster.LevelInfo, "merkle sync started: replica=node2 id=auto-14 force=false diff=23457"))
		}
	}
	lines["node2"] = []cluster.HeardLine{
		heard(90, cluster.LevelWarn, "sync error: peer closed the stream"),
		heard(34, cluster.LevelError, "sync error: id=auto-14: range c4110000-c411ffff: corruption detected: checksum of stored assertion does not match, the range is left as it is and will be asked for again with the next background sync"),
		heard(5, cluster.LevelDebug, "retry"),
	}
	s.Series = loggedSeries{s.Series.(fakeSeries), lines}
	return f
}

// logDenied is where no log can be had, each for its own reason.
func logDenied() *Frame {
	f := critical()
	f.Snap.Primary.Log.Access = failed(cluster.Fail(cluster.FailPermission, "the account may not read the journal",
		"add it to the group systemd-journal: sudo usermod -aG systemd-journal USER"), 0)
	f.Snap.Replicas[0].Log = cluster.Log{Access: access(time.Second), Of: cluster.Clean("journal of stemedb-api"), Status: cluster.LogEmpty}
	return f
}

func logText(f *Frame, w, h int) string { return ansi.Strip(Log(f, w, h)) }

func TestLogShowsWhatIsAskedFor(t *testing.T) {
	f := corrupt()
	for _, c := range []struct {
		show      LogShow
		filter    string
		want, not []string
	}{
		{LogAll, "", []string{"checkpoint", "merkle sync started", "corruption detected", "retry"}, nil},
		{LogRunbook, "", []string{"merkle sync started", "peer closed", "corruption detected"}, []string{"checkpoint", "retry"}},
		{LogWarnings, "", []string{"peer closed", "corruption detected", "compaction"}, []string{"checkpoint", "merkle sync started"}},
		{LogErrors, "", []string{"corruption detected"}, []string{"checkpoint", "peer closed"}},
		{LogAll, "CHECKSUM", []string{"corruption detected"}, []string{"checkpoint:", "retry"}},
		{LogAll, "node2", []string{"retry", "diff=23457"}, []string{"checkpoint"}},
		{LogAll, "nothing has this", []string{"none of 48 lines is asked for"}, []string{"checkpoint"}},
	} {
		f.LogShow, f.LogFilter = c.show, cluster.Clean(c.filter)
		out := logText(f, 120, 35)
		for _, w := range c.want {
			if !strings.Contains(out, w) {
				t.Errorf("%v %q lacks %q:\n%s", c.show, c.filter, w, out)
			}
		}
		for _, w := range c.not {
			if strings.Contains(out, w) {
				t.Errorf("%v %q shows %q:\n%s", c.show, c.filter, w, out)
			}
		}
	}
}

// TestLogOrder checks that lines stand by the monitor's clock, each log in its own
// order, and that what is scrolled back does not move.
func TestLogOrder(t *testing.T) {
	f := corrupt()
	lines, _ := f.logLines(f.logNodes())
	for i := 1; i < len(lines); i++ {
		if lines[i].at.Before(lines[i-1].at) {
			t.Fatalf("line %d at %v stands after %v", i, lines[i].at, lines[i-1].at)
		}
	}
	last := lines[len(lines)-1]
	if last.of.ID != "node2" || last.l.Text.String() != "retry" {
		t.Errorf("the last line is %q of %s: the primary's clock is 2 s fast", last.l.Text, last.of.ID)
	}
	f.LogUntil = at.Add(-60 * time.Second)
	before := logText(f, 120, 35)
	if strings.Contains(before, "retry") || !strings.Contains(before, "peer closed") {
		t.Errorf("held a minute ago it shows\n%s", before)
	}
	if Title(f, PaneLog) != "log node1 and node2: all lines, held at 03:11:44Z (G follows)" {
		t.Errorf("title %q", Title(f, PaneLog))
	}
}

// TestLogTellsWhatWasThereBefore: following begins some way back, and where we
// began to look is marked, once, before the first line that came since.
func TestLogTellsWhatWasThereBefore(t *testing.T) {
	f := corrupt()
	const mark = "here we began to look"
	f.Snap.FirstSeen = at.Add(-time.Hour)
	if out := ansi.Strip(Log(f, 120, 200)); strings.Contains(out, mark) {
		t.Errorf("all is newer:\n%s", out)
	}
	f.Snap.FirstSeen = at.Add(-50 * time.Second)
	out := strings.Split(ansi.Strip(Log(f, 120, 200)), "\n")
	found := 0
	for i, line := range out {
		if !strings.Contains(line, mark) {
			continue
		}
		found++
		if before, after := out[i-1][:8], out[i+1][:8]; before > line[:8] || after < line[:8] {
			t.Errorf("it stands between %s and %s: %s", before, after, line)
		}
	}
	if found != 1 {
		t.Errorf("%d marks:\n%s", found, strings.Join(out, "\n"))
	}
	f.Snap.FirstSeen = at.Add(time.Second) // nothing since
	if out := strings.TrimSpace(ansi.Strip(Log(f, 80, 20))); !strings.Contains(out[strings.LastIndex(out, "\n")+1:], mark) {
		t.Errorf("nothing since:\n%s", out)
	}
}

// A host whose clock is wrong has lines with other times than those beside it.
func TestClockWords(t *testing.T) {
	for off, want := range map[time.Duration]string{
		0: "±159ms", 900 * time.Millisecond: "±159ms", 437 * time.Second: "7m 17s ahead, ±159ms", -2 * time.Hour: "2h 00m behind, ±159ms",
	} {
		if got := clockWords(&cluster.HostFacts{ClockOffset: off, ClockError: 159 * time.Millisecond}); got != want {
			t.Errorf("%v: %q, want %q", off, got, want)
		}
	}
}
