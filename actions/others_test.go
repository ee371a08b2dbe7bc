package actions

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stemedb/stemetop/actions/journal"
)

// A limit that another run of the program set meanwhile is nobody else's: it
// stands, and can be taken back.
func TestAnotherRunSetsTheLimit(t *testing.T) {
	var limit atomic.Value
	limit.Store("null")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			limit.Store(string(body[len(`{"max_assertions_per_sec":`) : len(body)-1]))
		}
		_, _ = io.WriteString(w, `{"max_assertions_per_sec":`+limit.Load().(string)+`}`)
	}))
	defer server.Close()
	dir := filepath.Join(t.TempDir(), "audit")
	one := newStage(t, server.URL, dir)
	set := func(n int64) {
		t.Helper()
		one.confirm(Ask{Kind: KindThrottle, N: n})
		one.until("set to "+strconv.FormatInt(n, 10), func(v State) bool { return v.Standing.PerSecond == n && v.Flight == nil })
		one.until("released", func(State) bool { return !one.book.held() })
	}
	set(1000)
	other := newStage(t, server.URL, dir)
	if v := other.State(); v.Standing.PerSecond != 1000 {
		t.Fatalf("%+v", v.Standing)
	}
	set(500)
	other.mu.Lock()
	other.rig.seq++
	other.mu.Unlock()
	other.Runner.mu.Lock()
	other.effect(ReadFacts{For: "limit"}) // as it does now and then while a limit stands
	other.Runner.mu.Unlock()
	v := other.until("told", func(v State) bool { return v.Standing.PerSecond != 1000 })
	if v.Standing.PerSecond != 500 || len(v.Changes) != 2 {
		t.Errorf("%+v, %+v", v.Standing, v.Changes)
	}
	for _, r := range one.records() {
		if r.Event != nil {
			t.Errorf("%+v", r.Event)
		}
	}
}

// Somebody's word that a limit stands no more is of that limit, and of none that
// was set since.
func TestSupersededIsOfOneLimit(t *testing.T) {
	var h history
	h.intents = map[string]intended{}
	for _, a := range []string{"a", "b"} {
		h.take(journal.Record{Intent: &journal.Intent{Action: a, Plan: a, Kind: "throttle", Request: journal.Request{Body: `{"max_assertions_per_sec":500}`}}})
		h.take(journal.Record{Outcome: &journal.Outcome{Action: a, Verdict: "accepted"}})
	}
	h.take(journal.Record{Event: &journal.Event{Name: eventSuperseded, Action: "a"}})
	if h.standing.Action != "b" || len(h.changes) != 2 {
		t.Errorf("%+v, %+v", h.standing, h.changes)
	}
	h.take(journal.Record{Event: &journal.Event{Name: eventSuperseded, Action: "b"}})
	if h.standing.PerSecond != 0 || len(h.changes) != 0 {
		t.Errorf("%+v, %+v", h.standing, h.changes)
	}
}
