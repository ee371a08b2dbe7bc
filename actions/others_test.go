package actions

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/admin/admintest"
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

// What another run does is known here while nothing is asked: that its request is
// open, and that it ended.
func TestAnotherRunIsWatched(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	server := admintest.Start(t, nil, admintest.Answer(404, "", ""))
	s := newStage(t, "http://"+server.Addr(), dir)
	j, _, err := journal.Open(journal.Options{Dir: dir, Now: time.Now, Mono: func() time.Duration { return 0 }})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if _, err := j.Intent(journal.Intent{Action: "a1", Plan: "a1", Kind: "throttle", Request: journal.Request{Body: `{"max_assertions_per_sec":480}`}}); err != nil {
		t.Fatal(err)
	}
	s.until("open", func(v State) bool { return len(v.Open) == 1 })
	s.Do(Propose{Ask: plain}) // a refusal is written too, when the journal is free
	if d := s.State().Dialog; d.Phase != Refused {
		t.Errorf("%+v", d)
	}
	if _, err := j.Outcome(journal.Outcome{Action: "a1", Verdict: "accepted"}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	v := s.until("over", func(v State) bool { return len(v.Open) == 0 })
	if v.Standing.PerSecond != 480 || !v.Journal.IsZero() {
		t.Errorf("%+v, journal %q", v.Standing, v.Journal)
	}
	s.until("written", func(State) bool { return s.book.drained() })
	var misses int
	for _, r := range s.records() {
		if r.NearMiss != nil {
			misses++
		}
	}
	if misses != 1 || len(s.Kept()) != 0 {
		t.Errorf("%d near misses, %d kept", misses, len(s.Kept()))
	}
}

// A journal that was cut short under a running program takes nothing from what that
// knows of itself.
func TestAShortenedJournalIsNotBelieved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	server := admintest.Start(t, nil, admintest.Answer(200, "application/json", `{"max_assertions_per_sec":2000}`))
	s := newStage(t, "http://"+server.Addr(), dir)
	s.confirm(Ask{Kind: KindThrottle, N: 2000}) // which the server tells
	s.until("set", func(v State) bool { return v.Standing.PerSecond == 2000 && v.Flight == nil })
	s.until("released", func(State) bool { return !s.book.held() && s.book.drained() })
	segment := s.Journal()
	info, err := os.Stat(segment)
	if err != nil {
		t.Fatal(err)
	}
	s.until("read", func(v State) bool { return v.told })
	if err := os.Truncate(segment, info.Size()/2); err != nil {
		t.Fatal(err)
	}
	v := s.until("noticed", func(v State) bool { return !v.Damage.IsZero() })
	if v.Standing.PerSecond != 2000 || len(v.Changes) != 1 || len(v.Open) != 0 {
		t.Errorf("%+v, %+v, %+v", v.Standing, v.Changes, v.Open)
	}
}

// Nothing is sent without a record beside another run's request, nor once the journal
// works again; but a run that hangs with the journal stops nobody for long.
func TestNotUnrecordedBesideAnother(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(*journal.Journal, string) error
		note string
		sent int
	}{
		{"its request is on its way", func(*journal.Journal, string) error { return nil }, "another stemetop's request is on its way", 0},
		{"it is over", func(j *journal.Journal, _ string) error { return j.Close() }, "the journal works now", 0},
		{"it hangs", func(_ *journal.Journal, segment string) error {
			old := time.Now().Add(-2 * hungAfter)
			return os.Chtimes(segment, old, old)
		}, "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "audit")
			server := admintest.Start(t, nil, admintest.Answer(200, "application/json", `{"max_assertions_per_sec":500}`))
			s := newStage(t, "http://"+server.Addr(), dir)
			j, _, err := journal.Open(journal.Options{Dir: dir, Now: time.Now, Mono: func() time.Duration { return 0 }})
			if err != nil {
				t.Fatal(err)
			}
			defer j.Close()
			s.confirm(lower)
			v := s.until("refused", func(v State) bool { return v.Dialog.Phase == NoRecord })
			if !strings.Contains(v.Dialog.Note.String(), "another stemetop's request is on its way") {
				t.Errorf("%s", v.Dialog.Note)
			}
			if err := c.then(j, j.Path()); err != nil {
				t.Fatal(err)
			}
			s.Do(Say{Word: journal.Unrecorded, Shown: v.Dialog.Shown})
			v = s.until("judged", func(v State) bool { return v.Dialog.Phase == Preview || v.Dialog.Result != nil })
			if !strings.Contains(v.Dialog.Note.String(), c.note) || server.Counted() != c.sent || v.Unrecorded != (c.sent > 0) {
				t.Errorf("%s: %q, %d sent, unrecorded %v", c.name, v.Dialog.Note, server.Counted(), v.Unrecorded)
			}
		})
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
