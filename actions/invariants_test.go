package actions

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

// hostile is a replica whose id would do something to a terminal.
const hostile = cluster.NodeID("n\x1b[31m4\n")

// chaos plays a world in which nothing comes in order, and remembers what has to
// be true of it.
type chaos struct {
	*rig
	rt      *rapid.T
	seen    map[string]int // how often something of note happened, over all runs
	pending []Do           // asked for, and not done yet

	painted  map[uint64]time.Duration // when each thing to decide on was first on screen
	shown    map[string]Plan          // by the plan's id: as it was last on screen
	recorded map[string]bool          // intents that are on disk
	sentAt   map[string]bool
	answers  map[string]admin.Verdict
	answered map[string]Now
	scraped  time.Duration // monotonic: the newest reading
	outcomes map[string][]string
	climbs   map[string][]int64 // limits that a ramp sent, by its plan
	flying   int
}

// rapidTB lets a rig fail a run of rapid.
type rapidTB struct {
	testing.TB
	rt *rapid.T
}

func (r rapidTB) Helper()                   {}
func (r rapidTB) Fatal(a ...any)            { r.rt.Fatal(a...) }
func (r rapidTB) Fatalf(f string, a ...any) { r.rt.Fatalf(f, a...) }

func newChaos(t *testing.T, rt *rapid.T, seen map[string]int) *chaos {
	c := &chaos{
		rig: newRig(rapidTB{t, rt}), rt: rt, seen: seen, painted: map[uint64]time.Duration{}, shown: map[string]Plan{}, recorded: map[string]bool{},
		sentAt: map[string]bool{}, answers: map[string]admin.Verdict{}, answered: map[string]Now{}, outcomes: map[string][]string{}, climbs: map[string][]int64{},
	}
	c.state.set.Hold = 10 * time.Second
	c.nodes[hostile] = &node{lag: 1, apply: 1500, progress: 1}
	c.order = append(c.order, hostile)
	c.holds = true
	return c
}

// step gives the reducer an event, holds the invariants against what it does, and
// keeps what is to be done for later.
func (c *chaos) step(w What) {
	before := c.state
	after, out := Step(before, Event{c.now(), w})
	c.state = after
	m := moment{c, before, after, w, out}
	for _, i := range invariants {
		if err := i.check(m); err != nil {
			c.rt.Fatalf("%s, %s: %v\nafter %T%+v", i.name, i.words, err, w, w)
		}
	}
	c.note(m)
	c.pending = append(c.pending, out...)
}

// note remembers what the invariants are about.
func (c *chaos) note(m moment) {
	if p, ok := m.event.(Painted); ok && m.after.Dialog != nil && m.after.Dialog.Shown == p.Shown {
		if _, twice := c.painted[p.Shown]; !twice {
			c.painted[p.Shown] = c.now().Hand
		}
		if m.after.Dialog.Plan != nil {
			c.shown[m.after.Dialog.ID] = *m.after.Dialog.Plan
		}
	}
	for _, d := range m.out {
		switch d := d.(type) {
		case Send:
			c.sentAt[d.Action] = true
			c.flying++
			c.seen["send "+string(d.Kind)]++
			if f := m.after.Flight; f.ofRamp {
				id, _, _ := strings.Cut(d.Action, ".")
				c.climbs[id] = append(c.climbs[id], f.Plan.Limit)
			}
		case WriteRecord:
			if o := d.Record.Outcome; o != nil {
				c.outcomes[o.Action] = append(c.outcomes[o.Action], o.Verdict)
				c.seen["outcome "+o.Verdict]++
			}
			if e := d.Record.Effect; e != nil {
				c.seen["effect "+e.Verdict]++
			}
			c.seen["record "+string(d.Record.Kind)]++
		}
	}
}

// deliver does one of the things that are asked for.
func (c *chaos) deliver(i int) {
	d := c.pending[i]
	c.pending = slices.Delete(c.pending, i, i+1)
	switch d := d.(type) {
	case ReadFacts:
		c.step(Seen{For: d.For, World: c.world()})
	case WriteIntent:
		var err error
		if !c.state.Unrecorded && rapid.IntRange(0, 9).Draw(c.rt, "journal fails") == 0 {
			err = errors.New("no space left on device")
		}
		c.recorded[d.Intent.Action] = err == nil
		c.step(Recorded{Action: d.Intent.Action, Err: err})
		if err == nil && rapid.IntRange(0, 3).Draw(c.rt, "twice") == 0 {
			c.step(Recorded{Action: d.Intent.Action})
		}
	case WriteRecord:
		if r := d.Record.Resolution; r != nil {
			c.step(Recorded{Action: r.Action})
		}
	case Override:
		c.step(Overridden{})
	case Send:
		v := rapid.SampledFrom([]admin.Verdict{admin.Accepted, admin.Accepted, admin.Accepted, admin.Accepted, admin.Ambiguous, admin.Rejected, admin.NotSent}).Draw(c.rt, "verdict")
		c.answer(d, v)
	case StopWaiting:
		for i, p := range c.pending {
			if s, ok := p.(Send); ok && s.Action == d.Action {
				c.pending = slices.Delete(c.pending, i, i+1)
				c.answer(s, admin.Ambiguous)
				return
			}
		}
	}
}

func (c *chaos) answer(s Send, v admin.Verdict) {
	applied := v == admin.Accepted || v == admin.Ambiguous && rapid.Bool().Draw(c.rt, "applied")
	if n := c.state.Flight.Plan.Limit; n > 0 && applied {
		c.limit = LimitReading{Limit: admin.Limit{PerSecond: n}, At: c.now().Wall}
		c.ingest = min(c.ingest, float64(n))
	}
	if s.Kind == KindReset && applied {
		c.tripped = nil
	}
	r := admin.Result{Verdict: v}
	if v != admin.Accepted {
		r.Failure = cluster.Fail(cluster.FailReset, "something went wrong", "")
	}
	c.flying--
	c.answers[s.Action], c.answered[s.Action] = v, c.now()
	c.step(Answered{Action: s.Action, Result: r})
	for range rapid.IntRange(0, 3).Draw(c.rt, "looks at what there is") {
		c.mono += 300 * time.Millisecond
		c.step(Seen{World: c.world()})
	}
}

// scrape is a round of readings, if the primary answers.
func (c *chaos) scrape() {
	if !c.blind {
		c.scraped = c.mono
	}
	c.rig.scrape()
}

// settle delivers all that is asked for, in order.
func (c *chaos) settle() {
	for len(c.pending) > 0 {
		c.deliver(0)
	}
}

// wait lets time pass, with readings and ticks.
func (c *chaos) wait(d time.Duration) {
	for end := c.mono + d; c.mono < end; {
		second := c.mono / time.Second
		c.mono += 250 * time.Millisecond
		if c.mono/time.Second != second {
			c.count += c.ingest
			for _, id := range c.order {
				n := c.nodes[id]
				n.count += n.apply
				n.lag = min(200, max(0, n.lag+(c.ingest-n.apply)/2000))
			}
			c.scrape()
			c.step(Seen{World: c.world()})
		}
		c.step(Tick{})
	}
}

func (c *chaos) press(names ...string) {
	for _, name := range names {
		c.mono += 250 * time.Millisecond
		c.step(Key{Name: name})
	}
}

func (c *chaos) paint() {
	if d := c.state.Dialog; d != nil {
		c.step(Painted{Shown: d.Shown})
	}
}

// asks are what somebody may want, and what nobody should.
var asks = []Ask{
	lower,
	{Kind: KindThrottle, N: 100},
	{Kind: KindThrottle, N: 40},
	{Kind: KindThrottle, N: 5000},
	{Kind: KindThrottle},
	{Kind: KindThrottle, N: -1},
	plain, force,
	{Kind: KindSync},
	{Kind: KindSync, Target: "node9"},
	{Kind: KindSync, Target: hostile},
	{Kind: KindReset, Target: "agent-node2"},
	{Kind: KindReset, Target: "node2"},
	{Kind: KindReset},
	{Kind: KindRamp},
	{Kind: KindRamp, N: 500},
	{Kind: KindUndo},
	{Kind: "dance"},
}

var someKeys = []string{"y", "a", "enter", "esc", "backspace", "space", "t", "n", "o", "d", "e", "2", "j", "ctrl+c"}

// acts are the things that may happen; one that stands twice happens more often.
func (c *chaos) acts() map[string]func() {
	draw := func(f func(*rapid.T)) func() { return func() { f(c.rt) } }
	ask := func(a Ask) {
		c.ids++
		c.step(Propose{ID: fmt.Sprintf("p%d", c.ids), Ask: a})
	}
	propose := draw(func(rt *rapid.T) { ask(rapid.SampledFrom(asks).Draw(rt, "ask")) })
	confirm := draw(func(rt *rapid.T) { // as a careful person does
		d := c.state.Dialog
		if d == nil || d.Plan == nil || d.Phase != Preview {
			return
		}
		if rapid.IntRange(0, 3).Draw(rt, "settled") > 0 {
			c.settle()
			c.paint()
		}
		c.paint()
		c.mono += time.Second
		switch d.Plan.Tier {
		case Light:
			c.press("y")
		case Medium:
			c.press("a", "y")
		case Dangerous:
			c.press(append(append([]string{"a"}, word(d.Plan.Word)...), "enter")...)
		}
		if rapid.IntRange(0, 2).Draw(rt, "meanwhile") == 0 {
			c.turn(rt)
			c.scrape()
		}
	})
	one := draw(func(rt *rapid.T) {
		if n := len(c.pending); n > 0 {
			c.deliver(rapid.IntRange(0, n-1).Draw(rt, "which"))
		}
	})
	patience := draw(func(rt *rapid.T) {
		for range rapid.IntRange(1, 40).Draw(rt, "s") {
			c.settle()
			c.wait(time.Second)
		}
		c.settle()
	})
	echo := draw(func(rt *rapid.T) { // what was told once is told again, and what nobody could know
		if f := c.state.Flight; f != nil && c.recorded[f.Action] {
			c.step(Recorded{Action: f.Action})
		} else if f != nil {
			c.step(Answered{Action: f.Action, Result: admin.Result{Verdict: admin.Accepted}})
		}
		for _, action := range slices.Sorted(maps.Keys(c.answers)) {
			c.step(Answered{Action: action, Result: admin.Result{Verdict: admin.Accepted}})
		}
		c.paint()
	})
	return map[string]func(){
		"act": draw(func(rt *rapid.T) {
			if d := c.state.Dialog; d != nil {
				c.step(Key{Name: "esc"})
			}
			c.settle()
			propose()
			c.settle()
			confirm()
		}),
		"climb": draw(func(rt *rapid.T) {
			c.cure()
			ask(Ask{Kind: KindRamp})
			c.settle()
			confirm()
			if !rapid.Bool().Draw(rt, "slow at once") {
				patience()
			}
			for range 30 { // to a step that has one below it
				if v := c.state.Climb; v == nil || v.At > 0 {
					break
				}
				c.wait(time.Second)
				c.settle()
			}
			if rapid.Bool().Draw(rt, "slow again") {
				c.nodes["node2"].lag, c.nodes["node2"].apply = 30, 0
				patience()
			}
		}),
		"hasty": draw(func(rt *rapid.T) {
			propose()
			c.settle()
			for range rapid.IntRange(1, 4).Draw(rt, "keys") {
				c.paint()
				c.mono += time.Duration(rapid.IntRange(1, 500).Draw(rt, "gap")) * time.Millisecond
				c.step(Key{Name: rapid.SampledFrom([]string{"y", "a", "y", "enter"}).Draw(rt, "key")})
			}
		}),
		"echo": echo, "echo in flight": draw(func(rt *rapid.T) {
			propose()
			c.settle()
			confirm()
			for range rapid.IntRange(0, 2).Draw(rt, "steps") {
				if len(c.pending) > 0 {
					c.deliver(0)
				}
			}
			echo()
		}),
		"patience": patience, "more patience": patience,
		"propose": propose, "propose again": propose, "confirm": confirm, "confirm again": confirm, "deliver": one,
		"deliver all": draw(func(*rapid.T) { c.settle() }),
		"wait":        draw(func(rt *rapid.T) { c.wait(time.Duration(rapid.IntRange(1, 40).Draw(rt, "s")) * time.Second) }),
		"key": draw(func(rt *rapid.T) {
			c.mono += time.Duration(rapid.SampledFrom([]int{0, 5, 100, 200, 700}).Draw(rt, "gap")) * time.Millisecond
			c.step(Key{Name: rapid.SampledFrom(someKeys).Draw(rt, "key"), Repeat: rapid.IntRange(0, 9).Draw(rt, "repeat") == 0})
		}),
		"paint": draw(func(*rapid.T) { c.paint() }),
		"late paint": draw(func(*rapid.T) {
			if d := c.state.Dialog; d != nil {
				c.step(Painted{Shown: d.Shown - 1})
			}
		}),
		"drop":  draw(func(*rapid.T) { c.step(Drop{Why: "a line ended"}) }),
		"paste": draw(func(*rapid.T) { c.step(Paste{}) }),
		"focus": draw(func(rt *rapid.T) { c.step(Focus{On: rapid.IntRange(0, 2).Draw(rt, "on") > 0}) }),
		"fit":   draw(func(rt *rapid.T) { c.step(Fit{OK: rapid.IntRange(0, 2).Draw(rt, "ok") > 0}) }),
		"say": draw(func(rt *rapid.T) {
			c.paint() // what is printed on a line is seen there
			s := Say{Word: rapid.SampledFrom([]string{"prod-eu", "node2", "agent-node2", "yes", "", journal.Unrecorded}).Draw(rt, "word")}
			if c.state.Dialog != nil {
				s.Shown = c.state.Dialog.Shown - uint64(rapid.IntRange(0, 1).Draw(rt, "behind"))
			}
			c.step(s)
		}),
		"resolve": draw(func(rt *rapid.T) {
			if n := len(c.state.Open); n > 0 {
				c.step(Resolve{Action: c.state.Open[rapid.IntRange(0, n-1).Draw(rt, "which")].Action, Applied: rapid.Bool().Draw(rt, "applied")})
			}
		}),
		"halt":  draw(func(*rapid.T) { c.step(Halt{}) }),
		"world": draw(c.turn),
	}
}

// turn changes the cluster.
func (c *chaos) turn(rt *rapid.T) {
	switch rapid.IntRange(0, 10).Draw(rt, "turn") {
	case 0:
		c.blind = !c.blind
	case 1:
		c.limit = LimitReading{Limit: admin.Limit{PerSecond: int64(rapid.IntRange(50, 3000).Draw(rt, "limit"))}, At: c.now().Wall}
	case 2:
		c.limit = LimitReading{At: t0, Failure: cluster.Fail(cluster.FailMissing, "404", "")}
	case 3:
		c.peer.Address = rapid.SampledFrom([]string{"10.0.0.1:18180", "10.0.0.9:18180"}).Draw(rt, "address")
	case 4:
		c.set(time.Duration(rapid.SampledFrom([]int{-3600, 20, 3600}).Draw(rt, "clock")) * time.Second)
	case 5:
		c.nodes["node2"].apply = float64(rapid.IntRange(0, 4000).Draw(rt, "applies"))
		c.nodes["node2"].lag = rapid.SampledFrom([]float64{0.2, 8, 30}).Draw(rt, "lag")
	case 6:
		c.nodes["node3"].progress = rapid.SampledFrom([]float64{0.3, 1}).Draw(rt, "progress")
	case 7:
		c.tripped = rapid.SampledFrom([][]cluster.NodeID{nil, {"agent-node2"}, {"agent-9\x1b"}}).Draw(rt, "tripped")
	case 8:
		c.ingest = float64(rapid.IntRange(1, 3000).Draw(rt, "ingest"))
	case 9:
		c.cure()
	case 10:
		c.lagless = !c.lagless
	}
}

// cure makes all well.
func (c *chaos) cure() {
	for _, n := range c.nodes {
		n.lag, n.apply, n.progress = 0.2, 4000, 1
	}
	c.tripped, c.blind, c.lagless, c.ingest = nil, false, false, min(c.ingest, 1500)
}

// happens is what has to happen at least once, or the test shows nothing.
var happens = []string{
	"send throttle", "send sync", "send reset", "send ramp", "outcome accepted", "outcome ambiguous", "outcome rejected", "outcome not_sent",
	"effect effective", "effect inconclusive", "record near_miss", "record resolution", "a ramp went on", "a ramp stepped back", "a ramp went back to what was before",
}

// TestInvariants holds the invariants against random streams of events, until all
// that matters has happened.
func TestInvariants(t *testing.T) {
	seen := map[string]int{}
	missing := func(what string) bool { return seen[what] == 0 }
	for round := 0; round < 3 || round < 20 && slices.ContainsFunc(happens, missing); round++ {
		rapid.Check(t, func(rt *rapid.T) { randomStream(t, rt, seen) })
	}
	for _, what := range happens {
		if missing(what) {
			t.Errorf("it never happened: %s", what)
		}
	}
	t.Log(seen)
}

func randomStream(t *testing.T, rt *rapid.T, seen map[string]int) {
	c := newChaos(t, rt, seen)
	acts := c.acts()
	names := slices.Sorted(maps.Keys(acts))
	for range rapid.IntRange(1, 120).Draw(rt, "events") {
		acts[rapid.SampledFrom(names).Draw(rt, "what")]()
	}
	// In the end all that is asked for is done, and nothing is left hanging.
	c.settle()
	for action, ok := range c.recorded {
		if ok && len(c.outcomes[action]) != 1 {
			rt.Fatalf("I10: the intent of %s has the outcomes %v", action, c.outcomes[action])
		}
	}
	if c.flying != 0 {
		rt.Fatalf("I5: %d requests are on their way", c.flying)
	}
}

// control tells whether text would do something to a terminal.
func control(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }
