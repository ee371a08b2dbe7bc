package recording

import (
	"fmt"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// logged is what following six logs adds to a recording of an hour: the bytes of
// a timeline that hears nothing but lines, so many a minute of each host.
func logged(perMinute int) int {
	s, live := newSim(12, 6), NewLive(LiveOptions{})
	total := 0
	live.tape.feed(func(c chunk) { total += len(appendFrame(nil, c)) })
	o := s.session()
	live.Apply(&o)
	const minutes = 20
	due := 0
	for second := range minutes * 60 {
		s.wall = s.wall.Add(time.Second)
		due += perMinute
		for i := range s.hosts {
			r := &cluster.LogReading{Of: cluster.Clean("journal of stemedb-api")}
			for n := range due / 60 {
				l := cluster.LogLine{At: s.wall.Add(-time.Duration(s.poisson(400)) * time.Millisecond), Level: cluster.LevelInfo, Ident: cluster.Clean("stemedb-api")}
				l.Text = cluster.Clean(fmt.Sprintf("checkpoint: assertions=%d rate=%d/s", 48_000_000+1500*second+i, 1400+s.poisson(100)))
				if (second/60+n)%10 == 0 {
					l.Level, l.Text = cluster.LevelWarn, cluster.Clean(fmt.Sprintf("replication: replica node%d is %d.%d s behind (%d assertions)", i, s.poisson(30), s.poisson(5), s.poisson(30000)))
				}
				r.Lines = append(r.Lines, l)
			}
			if len(r.Lines) > 0 || second%20 == 0 {
				o := s.observe(i+1, cluster.Source{Kind: cluster.FromLog, Node: s.hosts[i].node}, r, 3*time.Millisecond)
				s.seq++
				o.Seq = s.seq
				live.Apply(&o)
			}
		}
		due %= 60
		live.tape.flush()
	}
	live.tape.feed(nil)
	return total * 60 / minutes
}

// TestLogBytesPerHour holds what six logs add to 70 kB an hour, where each says
// what the limits of package logs let through in the long run: two lines a minute.
func TestLogBytesPerHour(t *testing.T) {
	const budget = 70_000
	got := logged(2)
	t.Logf("%d bytes an hour", got)
	if got > budget {
		t.Errorf("%d bytes an hour, at most %d", got, budget)
	}
}
