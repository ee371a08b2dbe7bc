package physics

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// action is something that an operator does at an instant.
type action struct {
	at    time.Duration
	kind  int
	limit int
	node  int
	force bool
}

func (a action) do(w *World) {
	switch a.kind {
	case 0:
		w.SetLimit(a.limit)
	case 1:
		_, _ = w.StartSync(NodeID(a.node), a.force)
	case 2:
		_, _ = w.ResetBreaker("agent-" + NodeID(a.node))
	}
}

// genWorld draws circumstances and actions within a minute.
func genWorld(t *rapid.T) (Config, []action) {
	c := Config{
		Seed: rapid.Uint64().Draw(t, "seed"), Replicas: rapid.IntRange(1, 5).Draw(t, "replicas"),
		Hosts: rapid.IntRange(0, 6).Draw(t, "hosts"),
	}
	at := rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.IntRange(0, 60_000).Draw(t, "ms")) * time.Millisecond
	})
	for range rapid.IntRange(0, 6).Draw(t, "events") {
		c.Events = append(c.Events, Event{
			At: at.Draw(t, "at"), Node: rapid.IntRange(0, 5).Draw(t, "node"),
			Kind: Kind(rapid.IntRange(0, int(CrashLoop)).Draw(t, "kind")), Value: rapid.Float64Range(0, 1).Draw(t, "value"),
		})
	}
	var actions []action
	now := time.Duration(0)
	for range rapid.IntRange(0, 4).Draw(t, "actions") {
		now += at.Draw(t, "wait") / 4
		actions = append(actions, action{
			now, rapid.IntRange(0, 2).Draw(t, "what"), rapid.IntRange(1, 5000).Draw(t, "limit"),
			rapid.IntRange(1, c.Replicas).Draw(t, "target"), rapid.Bool().Draw(t, "force"),
		})
	}
	return c, actions
}

// What is produced is applied or waits, counters never fall, and there is no lag
// when nothing waits.
func TestConservation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, actions := genWorld(t)
		w := NewWorld(c)
		before := make([]Node, w.Len())
		for now := time.Duration(0); now <= time.Minute; now += 250 * time.Millisecond {
			for len(actions) > 0 && actions[0].at <= now {
				actions[0].do(w)
				actions = actions[1:]
			}
			w.Advance(now)
			for i := 1; i < w.Len(); i++ {
				n := w.Node(i)
				if n.Applied > n.Received || n.Received > w.Produced() {
					t.Fatalf("%s at %v: applied %d, received %d, produced %d", n.ID, now, n.Applied, n.Received, w.Produced())
				}
				if n.Applied < before[i].Applied || n.SentBytes < before[i].SentBytes || n.Sync.Errors < before[i].Sync.Errors {
					t.Fatalf("%s at %v: a counter fell", n.ID, now)
				}
				if lag := w.Lag(n); lag < 0 || lag > 0 && n.Applied == w.Produced() {
					t.Fatalf("%s at %v: lag %v with %d waiting", n.ID, now, lag, w.Produced()-n.Applied)
				}
				before[i] = *n
			}
		}
	})
}

// How often the model is asked changes nothing.
func TestDeterminism(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, actions := genWorld(t)
		run := func(ask func() time.Duration) *World {
			w := NewWorld(c)
			now := time.Duration(0)
			for _, a := range append(actions, action{at: time.Minute, kind: -1}) {
				for now < a.at {
					now = min(a.at, now+ask())
					w.Advance(now)
				}
				a.do(w)
			}
			return w
		}
		once := run(func() time.Duration { return time.Hour })
		often := run(func() time.Duration {
			return time.Duration(rapid.IntRange(1, 5000).Draw(t, "ask ms")) * time.Millisecond
		})
		if !reflect.DeepEqual(once, often) {
			t.Fatal("the trajectory depends on how often the model was asked")
		}
	})
}

// The lag is the age of the oldest assertion not applied: checked against a
// record of every step's production.
func TestLagDefinition(t *testing.T) {
	w := NewWorld(Config{Seed: 7, Replicas: 4, Events: scenario(t, "disk")})
	type made struct {
		at  time.Duration
		cum uint64
	}
	var record []made
	for range int(90 * time.Second / Step) {
		w.Advance(w.Now() + Step)
		record = append(record, made{w.Now(), w.Produced()})
		n := w.Node(1)
		for len(record) > 0 && record[0].cum <= n.Applied {
			record = record[1:]
		}
		if len(record) == 0 {
			continue
		}
		// The first record that holds the assertion ended at most one step later.
		lag, age := w.Lag(n), w.Now()-record[0].at
		if n.Applied > firstProduced && (lag < age || lag > age+Step) {
			t.Fatalf("at %v: lag %v, the oldest assertion waiting is %v to %v old", w.Now(), lag, age, age+Step)
		}
	}
	if lag := w.Lag(w.Node(1)); lag < 30*time.Second {
		t.Fatalf("lag %v after 88 s of saturation: the test looked at nothing", lag)
	}
}

func TestRateLimit(t *testing.T) {
	for _, limit := range []int{1, 100, 999, 1000} {
		w := NewWorld(Config{Seed: 3, Replicas: 1})
		w.Advance(5 * time.Second)
		w.SetLimit(limit)
		before := w.Produced()
		w.Advance(65 * time.Second)
		if got, want := int(w.Produced()-before), 60*limit; got < want-1 || got > want+1 {
			t.Errorf("limit %d/s: %d in a minute, want %d", limit, got, want)
		}
	}
}

// A replica that applies nothing for six hours costs no more memory than one
// that applied nothing for three minutes.
func TestMemoryBounded(t *testing.T) {
	const span = 6 * time.Hour
	w := NewWorld(Config{Seed: 1, Replicas: 1, Events: []Event{{Node: 1, Kind: BreakerTrip}}})
	w.Advance(span)
	if n := len(w.log.at); n > maxPoints {
		t.Errorf("%d points kept", n)
	}
	if lag := w.Lag(w.Node(1)); lag < span || lag > span+time.Second {
		t.Errorf("lag %v, want %v", lag, span)
	}
	if len(w.lines) > maxLines {
		t.Errorf("%d log lines kept", len(w.lines))
	}
}

func BenchmarkStep(b *testing.B) {
	for _, bc := range []struct {
		name            string
		replicas, hosts int
	}{{"5nodes", 4, 5}, {"1000replicas", 1000, 6}} {
		b.Run(bc.name, func(b *testing.B) {
			w := NewWorld(Config{Seed: 1, Replicas: bc.replicas, Hosts: bc.hosts})
			b.ReportAllocs()
			for b.Loop() {
				w.Advance(w.Now() + Step) // 50 of these are a second: budget 5 µs and 400 µs
			}
		})
	}
}
