package actions

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
)

// What has stood for days does not look like one of tonight.
func TestOldInstantsHaveADate(t *testing.T) {
	r := newRig(t)
	days := r.now().Wall.Add(-50 * time.Hour)
	r.do(Restored{
		Who:  Standing{PerSecond: 700, Who: cluster.Clean("dana"), Since: days, Action: "old"},
		Open: []Unresolved{{Action: "lost", Kind: KindSync, Title: cluster.Clean("sync node2"), At: days}},
	})
	r.limit.Limit = admin.Limit{PerSecond: 700}
	for _, w := range r.state.Busy(r.now()) {
		if !strings.Contains(w.String(), "since 2026-11-20 01:00 ") {
			t.Error(w)
		}
	}
	r.propose(lower)
	for name, want := range map[string]string{"set here": "since 2026-11-20 01:00:10Z", "unresolved": "at 2026-11-20 01:00:10Z"} {
		if f := r.state.Dialog.Plan.fact(name); !strings.Contains(f.Value.String(), want) {
			t.Errorf("%+v", f)
		}
	}
	r.keys("esc")
	r.propose(plain)
	if d := r.state.Dialog; d.Refusal == nil || !strings.Contains(d.Refusal.Why.String(), "2026-11-20") {
		t.Errorf("%+v", d)
	}
}

// Many outcomes that nobody settled leave room for what is to be decided, and the
// newest are named.
func TestManyUnresolved(t *testing.T) {
	r := newRig(t)
	var open []Unresolved
	for i := range 30 {
		open = append(open, Unresolved{Action: fmt.Sprint("a", i), Kind: KindReset, Title: cluster.Clean(fmt.Sprintf("reset %d,", i)), At: r.now().Wall})
	}
	r.do(Restored{Open: open})
	r.propose(lower)
	f := r.state.Dialog.Plan.fact("unresolved").Value.String()
	if !strings.HasPrefix(f, "reset 29, at ") || !strings.HasSuffix(f, "; and 27 before") || strings.Contains(f, "reset 26,") {
		t.Error(f)
	}
	r.keys("y")
	r.want("verifying", 1)
}
