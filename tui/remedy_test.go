package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/stemedb/stemetop/actions"
	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

// fakeActor has the state that it is given, and notes what it is told.
type fakeActor struct {
	state actions.State
	did   []actions.What
	more  []actions.Action // rows beyond those of the API
	hand  time.Duration
}

func (a *fakeActor) Do(w actions.What) {
	a.did = append(a.did, w)
	if k, ok := w.(actions.Key); ok && k.Name == "esc" {
		a.state.Dialog = nil
	}
}
func (a *fakeActor) State() actions.State    { return a.state }
func (a *fakeActor) Table() []actions.Action { return append(actions.Table(), a.more...) }
func (a *fakeActor) Now() actions.Now        { return actions.Now{Wall: t0, Hand: time.Minute + a.hand} }

// told are the events of the kind of w, in order.
func told[T actions.What](a *fakeActor) []T {
	var list []T
	for _, w := range a.did {
		if t, ok := w.(T); ok {
			list = append(list, t)
		}
	}
	return list
}

type fakeDeed []string

func (d fakeDeed) Lines() []cluster.Text {
	var list []cluster.Text
	for _, s := range d {
		list = append(list, cluster.Clean(s))
	}
	return list
}
func (fakeDeed) Digest() string          { return "d" }
func (fakeDeed) Record() journal.Request { return journal.Request{} }

// aDialog is a dialog with all that one can have, of texts made by f.
func aDialog(phase actions.Phase, tier actions.Tier, f func(string) string) *actions.Dialog {
	text := func(s string) cluster.Text { return cluster.Clean(f(s)) }
	p := &actions.Plan{
		Ask: actions.Ask{Kind: actions.KindThrottle}, Kind: actions.KindThrottle, Title: text("throttle ingest to 490/s"), Tier: tier,
		TierIs: text("below the floor"), Word: f("prod-eu"),
		Target: actions.Target{Cluster: text("prod-eu"), ID: cluster.NodeID(f("node2")), Primary: "node1", Started: t0},
		Deed:   fakeDeed{f("POST http://node1:18180/v1/admin/rate-limit"), f(`{"max_assertions_per_sec":490}`)},
		Facts: []actions.Fact{
			{Name: "limit", Value: text("unlimited"), Source: "GET rate-limit", Age: time.Second},
			{Name: f("node2") + " applies", Value: text("620/s"), Source: "its metrics", Age: actions.NoAge},
		},
		Warn:   []cluster.Text{text("it begins by lowering the rate from 1500/s")},
		Expect: text("ingest at most 539/s within 30 s, and the lag falling within 2 min"),
		Stop:   text("the lag still rises after 2 min: choose a lower limit"), Undo: text("u: ramp up to 1500/s"),
	}
	d := &actions.Dialog{
		Shown: 7, Phase: phase, ID: "p", Ask: p.Ask, Plan: p, Note: text("too soon: look at it first"), Typed: f("prod"), Disarms: 65 * time.Second,
		Changed: []actions.Change{{Name: "limit", Old: text("unlimited"), New: text("900/s")}},
	}
	switch phase {
	case actions.Looking:
		d.Plan = nil
	case actions.Refused:
		d.Plan, d.Refusal = nil, &actions.Refusal{Why: text("no replica is named"), Hint: text("choose one")}
	case actions.Ended:
		d.Finding = actions.Finding{Effect: actions.Effective, Why: text("ingest is 480/s"), Facts: p.Facts}
	case actions.Preview, actions.Armed, actions.Rechecking, actions.NoRecord, actions.Recording, actions.Sending, actions.ReadingBack, actions.Verifying:
	}
	return d
}

func plainText(s string) string { return s }

func newActRig(t testing.TB, w, h int, change ...func(*Options)) (*rig, *fakeActor) {
	a := &fakeActor{state: actions.NewState(&actions.Settings{Table: actions.Table()})}
	r := newRig(t, w, h, 12, append([]func(*Options){func(o *Options) { o.Actions = a }}, change...)...)
	return r, a
}

// What is decided on is on the screen whole, or the actuator knows that it is not.
func TestADialogIsSeenWhole(t *testing.T) {
	for phase := actions.Looking; phase <= actions.Ended; phase++ {
		for _, tier := range []actions.Tier{actions.Light, actions.Medium, actions.Dangerous} {
			for _, size := range [][2]int{{200, 60}, {120, 40}, {80, 24}, {60, 20}, {40, 8}, {20, 5}, {1, 1}} {
				t.Run(fmt.Sprintf("%s/%s/%dx%d", phase, tier, size[0], size[1]), func(t *testing.T) {
					r, a := newActRig(t, size[0], size[1])
					a.state.Dialog = aDialog(phase, tier, plainText)
					r.keys("t")
					fit := told[actions.Fit](a)
					if len(fit) != 1 {
						t.Fatalf("told %d times whether it fits", len(fit))
					}
					text := r.text()
					if want := fit[0].OK; want != (r.drawn.shown == 7) {
						t.Errorf("fits: %v, and shown is %d", want, r.drawn.shown)
					}
					if size[0] >= 80 && !fit[0].OK {
						t.Errorf("it does not fit in %dx%d:\n%s", size[0], size[1], text)
					}
					if !fit[0].OK {
						return
					}
					if d := a.state.Dialog; d.Plan == nil || phase >= actions.ReadingBack {
						return
					}
					for _, line := range a.state.Dialog.Plan.Deed.Lines() {
						if !strings.Contains(text, line.String()) {
							t.Errorf("%q is not seen:\n%s", line, text)
						}
					}
				})
			}
		}
	}
}

func TestDialogsByPicture(t *testing.T) {
	for _, c := range []struct {
		phase actions.Phase
		tier  actions.Tier
		want  []string
	}{
		{actions.Preview, actions.Light, []string{"y does it", "esc cancels", "0-9 another rate"}},
		{actions.Preview, actions.Medium, []string{"a arms it", "esc cancels"}},
		{actions.Armed, actions.Medium, []string{"ARMED: y does it", "5 s left"}},
		{actions.Armed, actions.Dangerous, []string{"type prod-eu and enter: prod", "5 s left"}},
		{actions.NoRecord, actions.Light, []string{"type UNRECORDED and enter to act without a record: prod"}},
		{actions.Refused, actions.Light, []string{"no replica is named", "choose one", "esc closes"}},
		{actions.ReadingBack, actions.Light, []string{"may have taken effect"}},
		{actions.Verifying, actions.Light, []string{"verifying by newer readings"}},
		{actions.Ended, actions.Light, []string{"effective", "ingest is 480/s", "esc closes"}},
	} {
		r, a := newActRig(t, 120, 40)
		a.state.Dialog = aDialog(c.phase, c.tier, plainText)
		r.keys("t")
		for _, w := range c.want {
			if !strings.Contains(r.text(), w) {
				t.Errorf("%s, %s: no %q:\n%s", c.phase, c.tier, w, r.text())
			}
		}
	}
}

func TestKeysOfADialog(t *testing.T) {
	r, a := newActRig(t, 120, 40)
	a.state.Dialog = aDialog(actions.Preview, actions.Light, plainText)
	r.keys("t")
	if p := told[actions.Propose](a); len(p) != 1 || p[0].Ask != (actions.Ask{Kind: actions.KindThrottle}) {
		t.Fatalf("asked for %+v", p)
	}
	if !r.rows.moved {
		t.Error("the cursor goes to the worst replica while another is acted on")
	}
	r.keys("q", "j", "space", "y", "enter") // none of which the screen takes for itself
	r.Update(tea.KeyPressMsg{Code: 'y', Text: "y", IsRepeat: true})
	want := []actions.Key{{Name: "q"}, {Name: "j"}, {Name: "space"}, {Name: "y"}, {Name: "enter"}, {Name: "y", Repeat: true}}
	if got := told[actions.Key](a); !slices.Equal(got, want) {
		t.Errorf("handed on %v, want %v", got, want)
	}
	r.keys("0", "7", "5", "0", "backspace", "+", "2", "-", "backspace")
	choose := []actions.Choose{{}, {N: 7}, {N: 75}, {N: 750}, {N: 75}, {By: 1}, {N: 2}, {By: -1}, {}}
	if got := told[actions.Choose](a); !slices.Equal(got, choose) {
		t.Errorf("chose %v, want %v", got, choose)
	}
	r.keys(strings.Split(strings.Repeat("9", 30), "")...)
	if got := told[actions.Choose](a); got[len(got)-1].N != 99999999 {
		t.Errorf("30 digits are %d", got[len(got)-1].N)
	}
	r.Update(tea.PasteMsg{Content: "tyay\n"})
	if len(told[actions.Paste](a)) != 1 {
		t.Error("a paste is not told")
	}
	r.Update(tea.BlurMsg{})
	r.Update(tea.FocusMsg{})
	if got := told[actions.Focus](a); !slices.Equal(got, []actions.Focus{{On: false}, {On: true}}) {
		t.Errorf("focus: %v", got)
	}
	r.Update(resumedMsg{tea.WindowSizeMsg{Width: 120, Height: 40}, true})
	if got := told[actions.Focus](a); !slices.Equal(got[2:], []actions.Focus{{On: false}, {On: true}}) {
		t.Errorf("stopped and continued: %v", got)
	}
	r.keys("esc")
	if r.overlay != nil {
		t.Error("it is not closed")
	}
	// Armed by a word, digits are letters of it.
	a.did, a.state.Dialog = nil, aDialog(actions.Armed, actions.Dangerous, plainText)
	r.keys("t", "1")
	if got := told[actions.Choose](a); len(got) > 0 {
		t.Errorf("a digit of the word chose a rate: %v", got)
	}
}

// A dialog that ended by itself goes, and what is new in it is drawn.
func TestADialogFollowsItsState(t *testing.T) {
	r, a := newActRig(t, 120, 40)
	a.state.Dialog = aDialog(actions.Preview, actions.Light, plainText)
	r.keys("t")
	before := r.View().Content
	r.Update(actedMsg{})
	if r.View().Content != before {
		t.Error("drawn anew, and nothing is new")
	}
	a.state.Dialog = aDialog(actions.Sending, actions.Light, plainText)
	r.Update(actedMsg{})
	if !strings.Contains(r.text(), "waiting for the answer") {
		t.Errorf("not followed:\n%s", r.text())
	}
	d := aDialog(actions.Sending, actions.Light, plainText)
	d.Shown = 8 // the same to look at
	a.state.Dialog = d
	r.Update(actedMsg{})
	if r.drawn.shown != 8 {
		t.Error("what is to be looked at anew would never be painted")
	}
	a.state.Dialog = nil
	r.Update(actedMsg{})
	if r.overlay != nil {
		t.Error("the dialog stays")
	}
}

// That nothing is recorded is said for as long as it is so.
func TestUnrecordedIsMarked(t *testing.T) {
	for _, size := range [][2]int{{200, 60}, {120, 40}, {80, 24}, {60, 20}} {
		r, a := newActRig(t, size[0], size[1])
		if strings.Contains(r.text(), "UNRECORDED") {
			t.Error("marked before")
		}
		a.state.Unrecorded, a.state.Journal = true, cluster.Clean("no space left on device")
		r.tick(time.Second)
		if head := strings.Join(strings.Split(r.text(), "\n")[:2], "\n"); !strings.Contains(head, "UNRECORDED") {
			t.Errorf("%v: not marked:\n%s", size, head)
		}
	}
}

// What can be done about an answer stands below it, as it does on the line.
func TestAnAnswerWithAHint(t *testing.T) {
	r, a := newActRig(t, 80, 24)
	d := aDialog(actions.Ended, actions.Light, plainText)
	d.Finding = actions.Finding{}
	d.Result = &admin.Result{Verdict: admin.Rejected, Failure: cluster.Fail(cluster.FailAuth, "401, the server does not know who asks", "renew admin.token_file")}
	a.state.Dialog = d
	r.keys("t")
	if s := r.text(); !strings.Contains(s, "rejected: 401") || !strings.Contains(s, "hint     renew admin.token_file") {
		t.Errorf("no hint:\n%s", s)
	}
}

// What goes on of an action is on the smallest screen too, and the way to the keys
// beside it.
func TestWhatGoesOnIsSeen(t *testing.T) {
	for _, size := range [][2]int{{200, 60}, {120, 40}, {80, 24}, {60, 20}} {
		r, a := newActRig(t, size[0], size[1])
		a.state.Open = []actions.Unresolved{{Action: "act1", Kind: actions.KindSync, Title: cluster.Clean("sync node9"), At: t0}}
		r.tick(time.Second)
		lines := strings.Split(strings.TrimRight(r.text(), "\n"), "\n")
		last := strings.Join(lines[len(lines)-2:], "\n")
		if !strings.Contains(last, "not known what became of: sync node9") || !strings.Contains(last, "? help") {
			t.Errorf("%v:\n%s", size, last)
		}
	}
}

// The dialog of a ramp says where it is, and what it waits for: it may lie on the
// status line.
func TestARampIsSeenInItsDialog(t *testing.T) {
	r, a := newActRig(t, 80, 24)
	a.state.Dialog = aDialog(actions.Verifying, actions.Medium, plainText)
	p := *a.state.Dialog.Plan
	p.Ramp = &actions.Schedule{Steps: []int64{500, 1000}, Hold: 5 * time.Minute}
	a.state.Climb = &actions.Climb{Action: "p", Plan: &p, Held: 70 * time.Second, Paused: cluster.Clean("the lag of node2 is stale")}
	r.keys("t")
	if s := r.text(); !strings.Contains(s, "ramp     step 1 of 2, 500/s, 1m10s of 5m0s, waits: the lag of node2 is stale") {
		t.Errorf("it is not told:\n%s", s)
	}
	a.state.Climb.Action = "another"
	r.tick(time.Second)
	if s := r.text(); strings.Contains(s, "ramp     step") {
		t.Errorf("that of another is told:\n%s", s)
	}
}

// A dialog that stays open after its end does not say that its values are of now.
func TestAnEndedDialogAges(t *testing.T) {
	r, a := newActRig(t, 120, 40)
	a.state.Dialog = aDialog(actions.Ended, actions.Light, plainText)
	a.state.Dialog.FoundAt = a.Now().Mono - 4*time.Minute
	r.keys("t")
	if s := r.text(); !strings.Contains(s, "GET rate-limit, 4m1s old") || !strings.Contains(s, "(its metrics)") {
		t.Errorf("ages stand still:\n%s", s)
	}
}

// Where nothing can be changed the keys say so, and are not offered.
func TestNoActuatorNoKeys(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Options)
		keys   []string
		want   string
	}{
		{"read-only", func(o *Options) { o.Actions, o.ReadOnly = nil, true }, nil, "READ-ONLY: nothing can be changed"},
		{"replay", func(o *Options) { o.Actions, o.Replay = nil, true }, nil, "a recording can't be changed"},
		{"the past", func(*Options) {}, []string{"["}, "the screen shows the past: space first, then "},
	} {
		for _, key := range []string{"t", "s", "b", "r", "u", "x"} {
			r, actor := newActRig(t, 160, 40, c.change)
			r.keys(c.keys...)
			if strings.Contains(r.text(), "t throttle") {
				t.Errorf("%s: offered:\n%s", c.name, r.text())
			}
			r.keys(key)
			if r.overlay != nil || len(told[actions.Propose](actor)) > 0 {
				t.Errorf("%s: %s opened something", c.name, key)
			}
			if !strings.Contains(r.text(), c.want) {
				t.Errorf("%s: %s does not say %q:\n%s", c.name, key, c.want, r.text())
			}
		}
	}
}

func TestQuitNamesWhatIsLeft(t *testing.T) {
	r, a := newActRig(t, 120, 40)
	a.state.Standing = actions.Standing{PerSecond: 500, Who: cluster.Clean("dana"), Since: t0}
	r.keys("q")
	if !strings.Contains(r.text(), "limit 500/s, dana, since 03:00 stands") {
		t.Fatalf("not named:\n%s", r.text())
	}
	for _, no := range []string{"q", "enter", "esc", "n"} {
		if r.overlay == nil {
			r.keys("q")
		}
		if _, cmd := r.Update(press(no)); quits(cmd) || r.overlay != nil {
			t.Errorf("%s quits, or does not mean no", no)
		}
	}
	// A request on its way is named too, and its dialog is back after a no.
	a.state.Dialog = aDialog(actions.Sending, actions.Light, plainText)
	r.keys("t", "q")
	if !strings.Contains(r.text(), "quit?") {
		t.Errorf("not asked:\n%s", r.text())
	}
	r.keys("n")
	if !strings.Contains(r.text(), "sent, waiting for the answer") || len(told[actions.Key](a)) > 0 {
		t.Errorf("the dialog is gone, or was told of it:\n%s", r.text())
	}
	r.keys("esc")

	// Of ctrl-c the second one is the answer; what it means is forgotten with a no.
	r.keys("ctrl+c")
	if _, cmd := r.Update(press("ctrl+c")); quits(cmd) || !strings.Contains(r.text(), "too soon: look at it first") {
		t.Errorf("ctrl-c that is held quits:\n%s", r.text())
	}
	a.hand += lookFor
	if _, cmd := r.Update(press("ctrl+c")); !quits(cmd) || r.err == nil {
		t.Errorf("ctrl-c does not quit, or as q does: %v", r.err)
	}
	r.err, r.overlay = nil, nil
	r.keys("ctrl+c", "n", "q")
	r.text()
	a.hand += lookFor
	if _, cmd := r.Update(press("y")); !quits(cmd) || r.err != nil {
		t.Errorf("q and y do not quit, or as ctrl-c does: %v", r.err)
	}
	r.overlay = nil

	// What is typed ahead is no answer, nor is a key that is held.
	r.keys("q")
	if _, cmd := r.Update(press("y")); quits(cmd) || r.overlay == nil {
		t.Error("y quits before anything was drawn")
	}
	r.text()
	a.hand += lookFor - 1
	if _, cmd := r.Update(press("y")); quits(cmd) || !strings.Contains(r.text(), "too soon: look at it first") {
		t.Errorf("y quits too soon:\n%s", r.text())
	}
	a.hand++
	if _, cmd := r.Update(tea.KeyPressMsg{Code: 'y', Text: "y", IsRepeat: true}); quits(cmd) {
		t.Error("a key that is held quits")
	}
	if _, cmd := r.Update(press("y")); !quits(cmd) {
		t.Error("y does not quit")
	}
}

// A number that a plan needs is typed before there is a plan.
func TestANumberIsTyped(t *testing.T) {
	const kind = actions.Kind("rpc_timeout")
	for _, c := range []struct {
		keys string
		want []actions.Ask
		says string
	}{
		{"8 5 0 0 backspace 0 enter", []actions.Ask{{Kind: kind, N: 8500}}, ""},
		{"enter", []actions.Ask{{Kind: kind}}, ""},
		{"8 5 esc", nil, ""},
		{"0 enter", nil, "a whole number, in digits"},
		{"8 . 5 enter", nil, "a whole number, in digits"},
		{"٨ enter", nil, "a whole number, in digits"},
		{strings.Repeat("9 ", 20) + "enter", nil, "a whole number, in digits"},
	} {
		r, a := newActRig(t, 120, 40)
		a.more = []actions.Action{{Kind: kind, Title: "raise rpc_timeout_ms", Needs: actions.NeedsNumber, Number: "rpc_timeout_ms"}}
		a.state.Dialog = aDialog(actions.Looking, actions.Light, plainText)
		r.keys("x", "j", "j", "j", "j", "j", "j", "j", "enter")
		if !strings.Contains(r.text(), "rpc_timeout_ms  ") || len(told[actions.Propose](a)) > 0 {
			t.Fatalf("not asked for:\n%s", r.text())
		}
		r.keys(strings.Fields(c.keys)...)
		var asks []actions.Ask
		for _, p := range told[actions.Propose](a) {
			asks = append(asks, p.Ask)
		}
		if _, shown := r.overlay.(*remedy); !slices.Equal(asks, c.want) || shown != (len(asks) > 0) || !strings.Contains(r.text(), c.says) {
			t.Errorf("%q asks for %+v:\n%s", c.keys, asks, r.text())
		}
	}
}

// quits tells whether a command ends the program.
func quits(cmd tea.Cmd) bool {
	if cmd == nil {
		return false
	}
	switch msg := cmd().(type) {
	case tea.QuitMsg:
		return true
	case tea.BatchMsg:
		return slices.ContainsFunc(msg, quits)
	}
	return false
}

// The menu leads to previews only, and to words on what is not known.
func TestMenuOfActions(t *testing.T) {
	r, a := newActRig(t, 120, 40)
	a.state.Open = []actions.Unresolved{{Action: "act1", Kind: actions.KindSync, Title: cluster.Clean("sync node9"), At: t0, Who: cluster.Clean("li")}}
	r.keys("x")
	for _, w := range []string{"throttle ingest", "force a Merkle sync of ", "sync node9 at 03:00:00Z: it took effect"} {
		if !strings.Contains(r.text(), w) {
			t.Errorf("no %q:\n%s", w, r.text())
		}
	}
	r.keys("G", "j", "j", "j", "j", "j", "j", "j", "j", "k", "enter") // the last but one
	if !strings.Contains(r.text(), "y records that it took effect") {
		t.Fatalf("not asked:\n%s", r.text())
	}
	if len(told[actions.Resolve](a)) > 0 {
		t.Fatal("said without y")
	}
	r.keys("y")
	if len(told[actions.Resolve](a)) > 0 {
		t.Error("said by a key that was typed ahead")
	}
	a.hand += lookFor
	r.keys("y")
	if got := told[actions.Resolve](a); !slices.Equal(got, []actions.Resolve{{Action: "act1", Applied: true}}) || r.overlay != nil {
		t.Errorf("said %v", got)
	}
	a.state.Dialog = aDialog(actions.Preview, actions.Dangerous, plainText)
	r.keys("x", "j", "j", "enter")
	p := told[actions.Propose](a)
	if len(p) != 1 || !p[0].Ask.Force || p[0].Ask.Target != r.rows.sel {
		t.Errorf("asked for %+v", p)
	}
	if _, ok := r.overlay.(*remedy); !ok {
		t.Error("no preview")
	}
}

// Where the program still looks for what became of it, nobody's word is asked for.
func TestNoWordWhileItIsReadBack(t *testing.T) {
	r, a := newActRig(t, 120, 40)
	a.state.Open = []actions.Unresolved{{Action: "act1", Kind: actions.KindSync, Title: cluster.Clean("sync node9"), At: t0, Who: cluster.Clean("li")}}
	a.state.Trials = []actions.Trial{{Action: "act1", ReadBack: true, Plan: &actions.Plan{Kind: actions.KindSync}}}
	r.keys("x", "G")
	if s := r.text(); strings.Contains(s, "it took effect") || !strings.Contains(s, "sync node9: its outcome is being read back") {
		t.Errorf("%s", s)
	}
	r.keys("enter")
	if len(told[actions.Resolve](a)) > 0 {
		t.Error("said")
	}
}

// Of several breakers one is chosen.
func TestWhichBreaker(t *testing.T) {
	r, a := newActRig(t, 120, 40)
	a.state.Dialog = aDialog(actions.Preview, actions.Medium, plainText)
	r.snap.Unmatched = []cluster.TrippedBreaker{{Agent: "a1"}, {Agent: "a2"}}
	r.keys("b")
	if !strings.Contains(r.text(), "which breaker") || len(told[actions.Propose](a)) > 0 {
		t.Fatalf("not asked which:\n%s", r.text())
	}
	r.keys("j", "enter")
	if p := told[actions.Propose](a); len(p) != 1 || p[0].Ask.Target != "a2" {
		t.Errorf("asked for %+v", p)
	}
}

// Of several agents of the selected replica one is chosen, whoever else is tripped.
func TestWhichBreakerOfTheReplica(t *testing.T) {
	r, a := newActRig(t, 120, 40)
	a.state.Dialog = aDialog(actions.Preview, actions.Medium, plainText)
	r.snap.Unmatched = []cluster.TrippedBreaker{{Agent: "stray"}}
	r.snap.Replicas[0].Breaker = cluster.Breaker{State: cluster.BreakerTripped, Agent: "a1", More: []cluster.TrippedBreaker{{Agent: "a2"}}}
	r.keys("b")
	if text := r.text(); !strings.Contains(text, "which breaker") || len(told[actions.Propose](a)) > 0 {
		t.Fatalf("not asked which:\n%s", text)
	}
	r.keys("j", "enter")
	if p := told[actions.Propose](a); len(p) != 1 || p[0].Ask.Target != "a2" {
		t.Errorf("asked for %+v", p)
	}
}

// Nothing of what a server or a label says reaches the terminal as anything but
// text.
func TestHostileDialog(t *testing.T) {
	evil := func(s string) string { return "\x1b]52;c;AA\x07\u202e\u200b" + s + "\x1b[2J\r\n\x9b31m" }
	for phase := actions.Looking; phase <= actions.Ended; phase++ {
		r, a := newActRig(t, 200, 60)
		a.state.Dialog = aDialog(phase, actions.Dangerous, evil)
		r.keys("t")
		text := ansi.Strip(r.View().Content)
		for _, bad := range []string{"\x1b", "\x07", "\x9b", "\u202e", "\u200b", "\r"} {
			if strings.Contains(text, bad) || strings.Contains(r.View().Content, "\x1b]") || strings.Contains(r.View().Content, "\x1b[2J") {
				t.Errorf("%s: %q is drawn", phase, bad)
			}
		}
	}
}
