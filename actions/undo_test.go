package actions

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
)

// notTold is the limit of a server that has no way to tell it.
var notTold = LimitReading{At: t0, Failure: cluster.Fail(cluster.FailMissing, "404", "")}

// Where the server does not tell its limit, undo goes back to the one that was set
// here, unless what comes in shows that it is not in force.
func TestUndoWhereNoLimitIsTold(t *testing.T) {
	for _, c := range []struct {
		name   string
		ingest float64 // under the first limit
		title  string
	}{
		{"the first one holds", 1000, "back to the limit of 1000/s"},
		{"more comes in", 1500, "ramp ingest 1000, 1500/s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.limit = notTold
			r.run(2 * time.Second)
			r.propose(Ask{Kind: KindThrottle, N: 1000})
			if w := r.state.Dialog.Plan.Undo.String(); !strings.Contains(w, "not known") {
				t.Error(w)
			}
			r.keys("y")
			r.ingest = c.ingest
			r.run(90 * time.Second)
			r.keys("esc")
			r.propose(lower)
			if w := r.state.Dialog.Plan.Undo.String(); strings.Contains(w, "back to 1000/s") != (c.ingest == 1000) {
				t.Error(w)
			}
			r.keys("y")
			r.want("verifying", 2)
			r.ingest = 500
			r.run(90 * time.Second)
			r.keys("esc")
			r.propose(Ask{Kind: KindUndo})
			if p := r.state.Dialog.Plan; p == nil || !strings.HasPrefix(p.Title.String(), c.title) {
				t.Errorf("%+v", r.state.Dialog)
			}
		})
	}
}

// The next run knows of it by the journal.
func TestTheNextRunUndoesToWhatWasSetHere(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.Copy(w, r.Body) // it repeats what was asked for
	}))
	defer server.Close()
	dir := filepath.Join(t.TempDir(), "audit")
	for _, n := range []int64{1000, 500} {
		s := newStage(t, server.URL, dir)
		s.rig.ingest = 900
		s.rig.run(time.Minute)
		s.confirm(Ask{Kind: KindThrottle, N: n})
		s.until("accepted", func(v State) bool { return v.Standing.PerSecond == n })
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	v := newStage(t, server.URL, dir).State()
	if len(v.Changes) != 2 || v.Changes[1].Was != (admin.Limit{PerSecond: 1000}) || !v.Changes[1].WasKnown || v.Changes[0].WasKnown {
		t.Errorf("%+v", v.Changes)
	}
}
