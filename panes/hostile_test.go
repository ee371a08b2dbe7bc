package panes

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"charm.land/lipgloss/v2"

	"github.com/stemedb/stemetop/sources/cluster"
)

// vivid gives each style a sequence of its own.
func vivid() *Styles {
	s := Plain()
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		if f, ok := reflect.TypeAssert[*Style](v.Field(i).Addr()); ok {
			*f = StyleOf(lipgloss.NewStyle().Foreground(lipgloss.ANSIColor(16 + i)).Background(lipgloss.ANSIColor(100 + i)))
		}
	}
	return s
}

// sequences are all that the styles may write.
func sequences(s *Styles) []string {
	var out []string
	v := reflect.ValueOf(s).Elem()
	for _, field := range v.Fields() {
		if f, ok := reflect.TypeAssert[Style](field); ok {
			out = append(out, f.On, f.Off)
		}
	}
	return out
}

// foreign returns the first thing in out that is neither a sequence of the
// styles nor a rune that shows itself.
func foreign(out string, allowed []string) string {
next:
	for i := 0; i < len(out); {
		if out[i] == 0x1b {
			for _, a := range allowed {
				if a != "" && strings.HasPrefix(out[i:], a) {
					i += len(a)
					continue next
				}
			}
			return out[i:min(len(out), i+12)]
		}
		r, n := utf8.DecodeRuneInString(out[i:])
		if r != '\n' && (!unicode.IsPrint(r) || r == utf8.RuneError && n == 1 || unicode.Is(unicode.Bidi_Control, r)) {
			return out[i : i+n]
		}
		i += n
	}
	return ""
}

// poisoned puts the text wherever text from outside can stand.
func poisoned(raw string) *Frame {
	t := cluster.Clean(raw)
	id := cluster.NodeID(raw)
	f := critical()
	s := f.Snap
	s.Session.Cluster, f.Message, f.Filter, f.Recording = t, t, t, t
	s.Primary.Name, s.Primary.AssertionsWhy = id.Text(), t
	bad := &cluster.Failure{Kind: cluster.FailOther, What: t, Hint: t}
	for i := range s.Replicas {
		r := &s.Replicas[i]
		r.ID, r.Name = id+cluster.NodeID(rune('a'+i)), id.Text()
		r.Lag.Why, r.Assertions.Why, r.Sync.Why = t, t, t
		f.Rows[i] = r.ID
		r.Alerts = []cluster.AlertChange{{Rule: t, Replica: r.ID, State: cluster.AlertNoData, Was: cluster.AlertFiring}}
		r.Verdict = cluster.Verdict{
			Cause: cluster.CauseDisk, For: []cluster.Text{t, t}, Against: []cluster.Text{t}, Missing: []cluster.Text{t}, Next: t,
		}
		r.Network.PortWhy, r.Network.Err, r.Network.Port = t, cluster.Fail(cluster.FailOther, raw, raw), cluster.PortClosed
		r.Network.Peer = cluster.Peer{
			Ping: access(time.Second), Connect: access(time.Second), Port: cluster.PortClosed,
			Why: t, Hint: t, PortBy: t, PortWhy: t, ForwardWhy: t, ForwardHint: t,
		}
		r.Network.Trace = cluster.Trace{At: at, TraceReading: cluster.TraceReading{
			By: t, Hops: []cluster.Hop{{TTL: 1, Address: t, Note: t, Sent: 1, Back: i}},
		}}
		r.Host.Writers = cluster.Writers{At: at, WritersReading: cluster.WritersReading{
			Why: t, Hint: t, Interval: time.Second, Total: i, Writers: []cluster.Writer{{PID: 1, Command: t, Written: 1}},
		}}
		r.Network.Kernel = cluster.Kernel{Primary: cluster.Flow{Why: t}, Replica: cluster.Flow{Known: true, Via: t, Why: t}}
		r.Breaker = cluster.Breaker{State: cluster.BreakerTripped, Agent: id, Reason: t}
	}
	s.Replicas[1].Network.Configured = true
	s.Primary.Host.Sockets.Unmatched = []cluster.UnmatchedPeer{{Address: t, Connections: 1, Why: t}}
	s.Unmatched = []cluster.TrippedBreaker{{Agent: id, State: t, Reason: t}}
	s.Escalations = []cluster.Escalation{{Reason: t, Replicas: []cluster.NodeID{id, id}}, {Reason: cluster.Clean("crash_loop"), Replicas: []cluster.NodeID{id}}}
	f.Escalation = []cluster.Text{t, t}
	s.Replicas[1].Lag.State, s.Replicas[2].Host.Access = cluster.LagUnknown, failed(bad, time.Minute)
	h := &s.Replicas[0].Host
	h.Facts = &cluster.HostFacts{Hostname: t, Kernel: t, OS: t, Cores: 3}
	h.Disks[0].Name, h.Disks[1].Why, h.Nets[0].Name, h.Processes[0].Command = t, t, t, t
	h.Processes[0].State = raw[len(raw)/2]
	h.Missing = []cluster.MissingSection{{Section: t, Why: t}}
	s.Notes[0].Note = cluster.Note{Author: t, Text: t}
	s.Gaps = []cluster.Gap{{Reader: t, Lost: 1}}
	return f
}

// FuzzPanesHostile draws hostile text in every place of every pane and compares
// what comes out with the list of what may.
func FuzzPanesHostile(f *testing.F) {
	for _, seed := range []string{
		"node2", "\x1b]0;owned\x07", "\x1b[2J\x1b[H", "\x9b31m", "\u202eevil\u2066", "a\u200bb\ufeff", "\r\n\t", "\x1b]52;c;eA==\x1b\\",
		"日本語", "👩‍💻🇩🇪", "e\u0301\u0301\u0301\u0301", "\u093f", "\xff\xfe", strings.Repeat("界", 300), "\u0d4ea", "\u115f\u3164",
	} {
		f.Add(seed, 80, 24)
	}
	styles, ds := vivid(), all()
	allowed := sequences(styles)
	f.Fuzz(func(t *testing.T, raw string, w, h int) {
		if raw == "" {
			return
		}
		w, h = int(uint(w)%200), int(uint(h)%60)
		for _, selected := range []int{0, 1, 2} {
			fr := poisoned(raw)
			fr.Styles, fr.Selected = styles, fr.Snap.Replicas[selected].ID
			for name, draw := range ds {
				out := draw(fr, w, h)
				if bad := foreign(out, allowed); bad != "" {
					t.Fatalf("%s draws %q of %q", name, bad, raw)
				}
				checkSize(t, name, out, w, h)
			}
			for _, text := range []string{Finding(fr), Handover(fr)} {
				if bad := foreign(text, nil); bad != "" {
					t.Fatalf("%q holds %q of %q", text, bad, raw)
				}
			}
		}
	})
}
