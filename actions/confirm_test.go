package actions

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

var (
	lower = Ask{Kind: KindThrottle, N: 500}
	plain = Ask{Kind: KindSync, Target: "node2"}
	force = Ask{Kind: KindSync, Target: "node2", Force: true}
)

func word(s string) []string { return strings.Split(s, "") }

// The number of keys that each tier takes, and what does not do.
func TestKeysToSend(t *testing.T) {
	for _, c := range []struct {
		name  string
		ask   Ask
		keys  []string
		phase string
		sent  int
	}{
		{"light: y", lower, []string{"y"}, "verifying", 1},
		{"light: a is no key of it", lower, []string{"a"}, "preview", 0},
		{"light: the triggering key again", lower, []string{"t", "t", "t"}, "preview", 0},
		{"light: enter cancels", lower, []string{"enter"}, "closed", 0},
		{"light: esc cancels", lower, []string{"esc", "y"}, "closed", 0},
		{"medium: a y", plain, []string{"a", "y"}, "verifying", 1},
		{"medium: y alone", plain, []string{"y", "y"}, "preview", 0},
		{"medium: a a", plain, []string{"a", "a"}, "armed", 0},
		{"medium: a enter", plain, []string{"a", "enter"}, "armed", 0},
		{"medium: a esc", plain, []string{"a", "esc", "y"}, "closed", 0},
		{"dangerous: the name", force, append(append([]string{"a"}, word("node2")...), "enter"), "verifying", 1},
		{"dangerous: y", force, []string{"a", "y", "enter"}, "armed", 0},
		{"dangerous: enter", force, []string{"a", "enter"}, "armed", 0},
		{"dangerous: another name", force, append(append([]string{"a"}, word("node3")...), "enter"), "armed", 0},
		{"dangerous: three wrong words", force, []string{"a", "x", "enter", "x", "enter", "x", "enter"}, "closed", 0},
		{"dangerous: corrected", force, append(append([]string{"a"}, word("node3")...), "backspace", "2", "enter"), "verifying", 1},
		{"dangerous: without arming", force, append(word("node2"), "enter"), "armed", 0}, // the name has no a, but see below
	} {
		r := newRig(t)
		r.propose(c.ask)
		if c.name == "dangerous: without arming" {
			c.phase = "closed" // enter is cancel
		}
		r.keys(c.keys...)
		t.Log(c.name)
		r.want(c.phase, c.sent)
	}
}

func TestTiers(t *testing.T) {
	for _, c := range []struct {
		name string
		ask  Ask
		set  func(*rig)
		want Tier
	}{
		{"lower", lower, nil, Light},
		{"not lower", Ask{Kind: KindThrottle, N: 5000}, nil, Medium},
		{"below the floor", Ask{Kind: KindThrottle, N: 49}, nil, Dangerous},
		{"a twentieth", Ask{Kind: KindThrottle, N: 70}, nil, Dangerous},
		{"above the limit in force", lower, func(r *rig) { r.limit.Limit = admin.Limit{PerSecond: 400}; r.ingest = 400; r.run(40 * time.Second) }, Medium},
		{"above the ingest, below the limit", Ask{Kind: KindThrottle, N: 2000}, func(r *rig) { r.limit.Limit = admin.Limit{PerSecond: 5000} }, Medium},
		{"a twentieth of a limit that is far above the ingest", lower, func(r *rig) { r.limit.Limit = admin.Limit{PerSecond: 100_000} }, Light},
		{"limit and ingest disagree", lower, func(r *rig) { r.limit.Limit = admin.Limit{PerSecond: 900} }, Medium},
		{"the server wants peace", lower, func(r *rig) { r.state.peace = time.Hour }, Medium},
		{"sync", plain, nil, Medium},
		{"forced sync", force, nil, Dangerous},
		{"another sync runs", plain, func(r *rig) { r.nodes["node3"].progress = 0.4; r.run(3 * time.Second) }, Dangerous},
		{"reset", Ask{Kind: KindReset, Target: "agent-node2"}, nil, Medium},
		{"ramp", Ask{Kind: KindRamp}, nil, Medium},
	} {
		r := newRig(t)
		if c.set != nil {
			c.set(r)
		}
		r.propose(c.ask)
		if d := r.state.Dialog; d == nil || d.Plan == nil || d.Plan.Tier != c.want {
			t.Errorf("%s: %+v", c.name, d)
		}
	}
}

func TestSuggestion(t *testing.T) {
	for _, c := range []struct {
		name         string
		node2, node3 float64
		want         int64
		helps        bool
	}{
		{"0.8 of the slowest", 620, 1500, 490, true},
		{"one that applies nothing does not count", 0, 1500, 1200, true},
		{"never below the floor", 30, 1500, 50, true},
		{"none applies: a step below the ingest", 0, 0, 1000, false},
	} {
		r := newRig(t)
		r.nodes["node2"].apply, r.nodes["node3"].apply = c.node2, c.node3
		r.run(40 * time.Second)
		r.propose(Ask{Kind: KindThrottle})
		p := r.state.Dialog.Plan
		if p.Limit != c.want || (len(p.Warn) == 0) != c.helps {
			t.Errorf("%s: %d, %v", c.name, p.Limit, p.Warn)
		}
	}
}

// Until the server has said its limit, the one that was set here is what a step has to
// be below, unless more comes in than it lets through.
func TestSuggestionBelowWhatStands(t *testing.T) {
	for _, c := range []struct {
		ingest float64
		want   int64
	}{{500, 100}, {490, 100}, {1500, 1000}} {
		r := newRig(t)
		r.limit, r.ingest = LimitReading{}, c.ingest
		r.nodes["node2"].apply, r.nodes["node3"].apply = 0, 0
		r.run(40 * time.Second)
		r.do(Restored{Who: Standing{PerSecond: 500, Action: "old", Since: t0}})
		r.propose(Ask{Kind: KindThrottle})
		if p := r.state.Dialog.Plan; p.Limit != c.want {
			t.Errorf("%v/s come in: %d, want %d", c.ingest, p.Limit, c.want)
		}
	}
}

// Where it is not known how much the replica that lags applies, the others tell
// nothing of what it bears.
func TestSuggestionWithoutTheWorst(t *testing.T) {
	r := newRig(t)
	r.silent = "node2"
	r.run(40 * time.Second)
	r.propose(Ask{Kind: KindThrottle})
	p := r.state.Dialog.Plan
	if len(p.Warn) != 1 || !strings.Contains(p.Warn[0].String(), "what node2 applies is not known") {
		t.Errorf("%d, %v", p.Limit, p.Warn)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name, why string
		ask       Ask
		set       func(*rig)
	}{
		{"no replica", "empty target", Ask{Kind: KindSync}, nil},
		{"no agent", "empty target", Ask{Kind: KindReset}, nil},
		{"unknown replica", "no replica node9", Ask{Kind: KindSync, Target: "node9"}, nil},
		{"negative", "none", Ask{Kind: KindThrottle, N: -1}, nil},
		{"a slip", "none", Ask{Kind: KindThrottle, N: 1e9}, nil},
		{"a sync runs", "running already", plain, func(r *rig) { r.nodes["node2"].progress = 0.4; r.run(3 * time.Second) }},
		{"nothing to undo", "could be taken back", Ask{Kind: KindUndo}, nil},
		{"unresolved", "not known what became", plain, func(r *rig) {
			r.do(Restored{Open: []Unresolved{{Action: "old", Kind: KindSync, At: t0}}})
		}},
		{"another id than shown", "not what would be sent", Ask{Kind: KindSync, Target: "nöde"}, func(r *rig) {
			r.nodes["nöde"] = &node{lag: 1, apply: 1}
			r.order = append(r.order, "nöde")
			r.run(3 * time.Second)
		}},
		{"no such action", "no action", Ask{Kind: "dance"}, nil},
	} {
		r := newRig(t)
		if c.set != nil {
			c.set(r)
		}
		r.propose(c.ask)
		d := r.state.Dialog
		if d == nil || d.Phase != Refused || !strings.Contains(d.Refusal.Why.String()+d.Refusal.Hint.String(), c.why) {
			t.Errorf("%s: %s, %+v", c.name, r.phase(), d)
			continue
		}
		r.keys("a", "y")
		r.want("refused", 0)
		r.keys("esc")
		r.want("closed", 0)
		if n := len(r.records(journal.KindNearMiss)); n != 1 {
			t.Errorf("%s: %d near misses", c.name, n)
		}
	}
}

// What hands and terminals do by accident confirms nothing.
func TestAccidents(t *testing.T) {
	burst := func(keys ...string) func(*rig) {
		return func(r *rig) {
			for _, k := range keys {
				r.mono += 5 * time.Millisecond
				r.do(Key{Name: k})
			}
		}
	}
	for _, c := range []struct {
		name  string
		ask   Ask
		do    func(*rig)
		phase string
	}{
		{"pasted as keys", plain, burst("a", "y", "enter"), "preview"},
		{"pasted name", force, func(r *rig) { r.keys("a"); burst("n", "o", "d", "e", "2", "enter")(r) }, "preview"},
		{"pasted", force, func(r *rig) { r.keys("a"); r.do(Paste{}); r.keys("enter") }, "closed"},
		{"a key right after a paste", lower, func(r *rig) { r.do(Paste{}); r.do(Painted{r.state.Dialog.Shown}); r.keys("y") }, "preview"},
		{"key that is held", lower, func(r *rig) { r.mono += time.Second; r.do(Key{Name: "y", Repeat: true}) }, "preview"},
		{"two keys too close", plain, func(r *rig) { r.keys("a"); r.mono += 100 * time.Millisecond; r.do(Key{Name: "y"}) }, "armed"},
		{"focus lost while armed", plain, func(r *rig) { r.keys("a"); r.do(Focus{false}); r.look(); r.keys("a", "y") }, "preview"},
		{"too small while armed", plain, func(r *rig) { r.keys("a"); r.do(Fit{false}); r.look(); r.keys("a", "y") }, "preview"},
		{"armed for ten seconds", plain, func(r *rig) { r.keys("a"); r.run(11 * time.Second); r.keys("y") }, "preview"},
		{"forgotten", lower, func(r *rig) { r.run(3 * time.Minute); r.keys("y") }, "closed"},
		{"data went stale", lower, func(r *rig) { r.blind = true; r.run(5 * time.Second); r.look(); r.keys("y") }, "preview"},
		{"a name by keys that are held", force, func(r *rig) {
			r.keys("a")
			for _, k := range append(word("node2"), "enter") {
				r.mono += 200 * time.Millisecond
				r.do(Key{Name: k, Repeat: true})
			}
		}, "armed"},
		{"the limit is being read", lower, func(r *rig) {
			r.keys("esc")
			r.holds = true
			r.propose(lower)
			r.keys("y")
		}, "preview"},
		{"a line, while data are stale", lower, func(r *rig) {
			r.blind = true
			r.run(5 * time.Second)
			r.look()
			r.do(Say{Word: "prod-eu", Shown: r.state.Dialog.Shown})
		}, "preview"},
		{"the clock jumped", plain, func(r *rig) { r.keys("a"); r.skew = -time.Hour; r.keys("y") }, "preview"},
		{"the limit changed while armed", Ask{Kind: KindThrottle, N: 3000}, func(r *rig) {
			r.keys("a")
			r.limit.Limit = admin.Limit{PerSecond: 1000}
			r.do(Seen{For: "x", World: r.world()})
			r.keys("y")
		}, "preview"},
	} {
		r := newRig(t)
		r.propose(c.ask)
		c.do(r)
		t.Log(c.name)
		r.want(c.phase, 0)
	}
}

// A dialog that was not painted, or not looked at, takes no key.
func TestTypeAhead(t *testing.T) {
	r := newRig(t)
	r.do(Propose{ID: "p", Ask: lower})
	for range 20 {
		r.keys("y")
	}
	r.want("preview", 0)
	r.do(Painted{Shown: r.state.Dialog.Shown - 1}) // of what stood there before
	r.run(time.Second)
	r.do(Key{Name: "y"})
	r.want("preview", 0)
	r.do(Painted{Shown: r.state.Dialog.Shown})
	r.mono += 500 * time.Millisecond
	r.do(Key{Name: "y"})
	r.want("preview", 0)
	r.do(Painted{Shown: r.state.Dialog.Shown}) // the first one counts
	r.mono += 200 * time.Millisecond
	r.do(Key{Name: "y"})
	r.want("verifying", 1)
}

// What changed between the preview and the send is shown, and nothing is sent.
func TestRecheck(t *testing.T) {
	for _, c := range []struct {
		name, changed string
		ask           Ask
		set           func(*rig)
	}{
		{"limit", "limit", lower, func(r *rig) { r.limit.Limit = admin.Limit{PerSecond: 1400} }},
		{"server", "server", lower, func(r *rig) { r.peer.Address = "10.0.0.9:18180" }},
		{"certificate", "certificate", lower, func(r *rig) { r.peer.Certificate = "bb" }},
		{"another process", "primary's process", lower, func(r *rig) { r.count = 5000; r.mono += 250 * time.Millisecond; r.scrape() }},
		{"band of the lag", "worst lag", lower, func(r *rig) { r.nodes["node2"].lag = 70; r.scrape() }},
		{"replica gone", "", plain, func(r *rig) { delete(r.nodes, "node2"); r.order = r.order[1:]; r.scrape() }},
		{"breaker", "breaker of agent-node2", Ask{Kind: KindReset, Target: "node2"}, func(r *rig) { r.tripped = nil; r.scrape() }},
	} {
		r := newRig(t)
		r.peer = admin.Peer{Address: "10.0.0.1:18180", Certificate: "aa"}
		r.tripped = []cluster.NodeID{"agent-node2"}
		r.run(2 * time.Second)
		r.propose(c.ask)
		if r.state.Dialog.Plan.Tier > Light {
			r.keys("a")
		}
		r.holds = true
		r.keys("y")
		r.want("rechecking", 0)
		c.set(r)
		r.holds = false
		r.do(Seen{For: r.state.Dialog.check, World: r.world()})
		if c.changed == "" {
			if p := r.phase(); len(r.sent) != 0 || p != "preview" {
				t.Errorf("%s: %s, %d sent", c.name, p, len(r.sent))
			}
			continue
		}
		r.want("preview", 0)
		list := r.state.Dialog.Changed
		if len(list) == 0 || list[0].Name != c.changed || list[0].Old == list[0].New {
			t.Errorf("%s: %v", c.name, list)
		}
	}
}

func TestJournalFirst(t *testing.T) {
	r := newRig(t)
	r.intentErr = errors.New("no space left on device")
	r.propose(lower)
	r.keys("y")
	r.want("no record", 0)
	r.look()
	r.keys("y", "enter")
	r.want("no record", 0)
	r.keys(append(word(journal.Unrecorded), "enter")...)
	r.want("verifying", 1)
	if !r.state.Unrecorded {
		t.Error("not marked")
	}
	r = newRig(t)
	r.intentErr = errors.New("read-only")
	r.propose(lower)
	r.keys("y")
	r.do(Focus{false}) // nothing disarms here, and nothing is typed
	r.look()
	r.keys(append(word(journal.Unrecorded), "enter")...)
	r.want("no record", 0)
	r = newRig(t)
	r.intentErr = errors.New("locked")
	r.propose(lower)
	r.keys("y", "esc")
	r.want("closed", 0)
}

// Escape before the send leaves nothing sent, wherever it comes.
func TestEscape(t *testing.T) {
	r := newRig(t)
	r.propose(lower)
	r.holds = true
	r.keys("y")
	r.do(Seen{For: r.state.Dialog.check, World: r.world()})
	r.want("recording", 0)
	r.keys("esc")
	r.holds = false
	r.do(Recorded{Action: "p1"})
	r.want("ended", 0)
	if o := r.records(journal.KindOutcome); len(o) != 1 || o[0].Outcome.Verdict != "not_sent" {
		t.Errorf("%+v", o)
	}

	r = newRig(t)
	r.answer = func(Send) (admin.Result, bool) { return admin.Result{}, false }
	r.propose(lower)
	r.keys("y")
	r.want("sending", 1)
	r.do(Propose{ID: "other", Ask: plain})
	r.want("sending", 1)
	r.keys("esc") // stops waiting: what left may have taken effect
	r.want("reading back", 1)
}
