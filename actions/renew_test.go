package actions

import (
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

// What becomes graver, or comes to what is known, while the plan is shown has to be
// looked at first.
func TestRenewed(t *testing.T) {
	for name, set := range map[string]func(*rig){
		"tier": func(r *rig) { r.ingest = 100; r.run(time.Minute) },
		"unresolved": func(r *rig) {
			r.do(Restored{Open: []Unresolved{{Action: "old", Kind: KindSync, Title: cluster.Clean("sync node2"), At: t0}}})
			r.run(2 * time.Second)
		},
	} {
		r := newRig(t)
		r.propose(Ask{Kind: KindThrottle, N: 1000})
		shown := r.state.Dialog.Shown
		set(r)
		list := r.state.Dialog.Changed
		if r.state.Dialog.Shown == shown || len(list) == 0 || list[0].Name != name {
			t.Errorf("%s: %v", name, list)
		}
		r.keys("y")
		r.want("preview", 0)
	}
}

// What ends a dialog otherwise than by a key is recorded as what it was.
func TestDropped(t *testing.T) {
	r := newRig(t)
	r.do(Drop{Why: "nobody was there"})
	r.propose(lower)
	r.do(Drop{Why: "nobody was there"})
	r.want("closed", 0)
	if list := r.records(journal.KindNearMiss); len(list) != 1 || list[0].NearMiss.Why.String() != "nobody was there" {
		t.Errorf("%+v", list)
	}
}

// What becomes less grave while its word is typed is confirmed by the word all the
// same: no letter of it is the key that confirms.
func TestEasedWhileItIsTyped(t *testing.T) {
	r := newRig(t)
	r.nodes["node3"].progress = 0.5
	r.run(2 * time.Second)
	r.propose(plain)
	if p := r.state.Dialog.Plan; p.Tier != Dangerous {
		t.Fatalf("%s: %s", p.Tier, p.TierIs)
	}
	r.keys("a", "n", "o")
	r.nodes["node3"].progress = 1
	r.run(2 * time.Second)
	r.keys("y")
	r.want("armed", 0)
	r.keys("backspace")
	r.keys(append(word("de2"), "enter")...)
	r.want("verifying", 1)
}
