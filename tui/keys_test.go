package tui

import (
	"strings"
	"testing"
)

func TestKeysAreUniqueAndDocumented(t *testing.T) {
	seen := make(map[string]string)
	for _, b := range bindings() {
		if b.help == "" || b.shown == "" || b.group == "" || b.do == nil || len(b.keys) == 0 {
			t.Errorf("%q is not complete", b.shown)
		}
		for _, k := range b.keys {
			if other, ok := seen[k]; ok {
				t.Errorf("%s is bound to %q and %q", k, other, b.shown)
			}
			seen[k] = b.shown
		}
	}
	if len(Keys()) != len(bindings()) {
		t.Errorf("%d of %d are documented", len(Keys()), len(bindings()))
	}
}

// The help at 80 columns cuts no sentence, and lists what is possible only.
func TestHelpListsWhatIsPossible(t *testing.T) {
	for _, replay := range []bool{false, true} {
		r := newRig(t, 80, 60, 12, func(o *Options) {
			o.Replay = replay
			if replay {
				o.SetInterval = nil
			}
		})
		r.keys("?")
		text := r.text()
		for i := range r.bindings {
			b := &r.bindings[i]
			if got, want := strings.Contains(text, b.help), b.possible(r.model); got != want {
				t.Errorf("replay %v: %q in the help: %v, want %v\n%s", replay, b.help, got, want, text)
			}
		}
		for line := range strings.SplitSeq(text, "\n") {
			if strings.TrimSpace(strings.Trim(line, "│ ")) == "act" && replay {
				t.Errorf("nothing acts on a recording, and it has a heading:\n%s", text)
			}
		}
		r.keys("esc")
		if r.overlay != nil {
			t.Error("esc does not close the help")
		}
	}
}

func TestHelpScrolls(t *testing.T) {
	r := newRig(t, 80, 24, 12)
	r.keys("?")
	if strings.Contains(r.text(), "quit, from everywhere") {
		t.Fatal("fits: the test tests nothing")
	}
	r.keys("G")
	if !strings.Contains(r.text(), "quit, from everywhere") {
		t.Errorf("the end is not shown:\n%s", r.text())
	}
}

// A key that is not possible now says why, whatever it is for.
func TestAKeyThatIsNotPossibleSaysWhy(t *testing.T) {
	live := func(*Options) {}
	replay := func(o *Options) { o.Replay, o.SetInterval, o.AddNote, o.Actions = true, nil, nil, nil }
	for name, change := range map[string]func(*Options){"live": live, "replay": replay} {
		said := 0
		r := newRig(t, 120, 40, 3, change)
		for i := range r.bindings {
			b := &r.bindings[i]
			if b.possible(r.model) {
				continue
			}
			if said++; b.group != "act" && notNow[b.shown] == "" {
				t.Errorf("%s: there are no words for %s", name, b.shown)
			}
			if r.keys(b.keys[0]); r.message.IsZero() {
				t.Errorf("%s: %s says nothing", name, b.shown)
			}
		}
		if said == 0 {
			t.Errorf("%s: every key is possible: nothing is tested", name)
		}
	}
	empty := newRig(t, 120, 40, 0)
	if empty.keys("y"); empty.message.IsZero() {
		t.Error("y without a replica says nothing")
	}
}
