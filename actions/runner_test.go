package actions

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/admin/admintest"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

func TestMain(m *testing.M) {
	if at := os.Getenv(crashEnv); at != "" {
		crashChild(at)
		return
	}
	goleak.VerifyTestMain(m)
}

// stage is a Runner with a real client and a real journal, over the rig's
// cluster.
type stage struct {
	*Runner
	t    testing.TB
	rig  *rig
	dir  string
	mu   sync.Mutex
	told []cluster.ActionStep
	// passed is by how much the hand is ahead.
	passed atomic.Int64
	tell   func(cluster.ActionStep) // may be nil
}

type realClock struct{ began time.Time }

func (c realClock) Now() time.Time      { return time.Now().Round(0) }
func (c realClock) Mono() time.Duration { return time.Since(c.began) }

func newStage(t testing.TB, url, dir string) *stage {
	t.Helper()
	client, err := admin.New(admin.Options{URL: url, Limits: admin.Limits{Header: time.Second, Total: 2 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	return newStageOf(t, client, dir)
}

func newStageOf(t testing.TB, client Client, dir string) *stage {
	t.Helper()
	s := &stage{t: t, rig: newRig(t), dir: dir}
	clock := realClock{time.Now()}
	// The rig's ten seconds end now.
	shift := time.Since(t0.Add(s.rig.mono))
	s.Runner = NewRunner(RunnerOptions{
		Client: client, Clock: clock,
		Hand:     func() time.Duration { return clock.Mono() + time.Duration(s.passed.Load()) },
		Settings: Settings{Who: cluster.Clean("dana"), Via: "terminal", Floor: 50, Steps: []int64{100, 500}, Hold: time.Minute},
		Journal: journal.Options{
			Dir: dir, Now: clock.Now, Mono: clock.Mono,
			Origin: journal.Origin{Run: "r", User: cluster.Clean("dana"), Cluster: cluster.Clean("prod-eu")},
		},
		Snapshot: func() *cluster.Snapshot {
			s.mu.Lock()
			defer s.mu.Unlock()
			v := *s.rig.fold.Snapshot(s.rig.now().Wall, s.rig.hist)
			v.At = v.At.Add(shift)
			v.Primary.Metrics.Newest = clock.Now() // fresh
			v.LastSeq++
			return &v
		},
		Publish: func(o cluster.Observation) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if b, ok := o.Body.(*cluster.ActionStep); ok && o.Source.Kind == cluster.FromAction {
				s.told = append(s.told, *b)
				if s.tell != nil {
					s.tell(*b)
				}
			}
		},
	})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// until waits for a state.
func (s *stage) until(what string, ok func(State) bool) State {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		v := s.State()
		if ok(v) {
			return v
		}
		if time.Now().After(end) {
			s.t.Fatalf("never %s: %+v", what, v.Dialog)
		}
	}
}

// confirm asks on a line, as a script does.
func (s *stage) confirm(a Ask) {
	s.t.Helper()
	s.Do(Propose{Ask: a})
	v := s.until("shown", func(v State) bool { return v.Dialog != nil && !v.Dialog.Reading })
	if v.Dialog.Plan == nil {
		s.t.Fatalf("refused: %v", v.Dialog.Refusal)
	}
	s.Do(Say{Word: v.Dialog.Plan.Word, Shown: v.Dialog.Shown})
}

func (s *stage) records() []journal.Record {
	s.t.Helper()
	paths, err := journal.Segments(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	var list []journal.Record
	for _, p := range paths {
		if err := journal.Read(p, func(r journal.Record) { list = append(list, r) }); err != nil {
			s.t.Fatal(err)
		}
	}
	return list
}

func TestRunner(t *testing.T) {
	var mu sync.Mutex
	var heads []string
	limit := "null"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPost {
			heads = append(heads, r.Header.Get("X-Audit-Head"))
			limit = "500"
		}
		w.Write([]byte(`{"max_assertions_per_sec":` + limit + `}`))
	}))
	defer server.Close()
	dir := filepath.Join(t.TempDir(), "audit")
	s := newStage(t, server.URL, dir)
	s.confirm(lower)
	v := s.until("accepted", func(v State) bool { return v.Dialog.Phase == Verifying })
	if v.Standing.PerSecond != 500 || v.Dialog.Plan.fact("limit").Value.String() != "unlimited" {
		t.Errorf("%+v", v.Standing)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var kinds []journal.Kind
	for _, r := range s.records() {
		kinds = append(kinds, r.Kind)
	}
	if len(kinds) != 3 || kinds[1] != journal.KindIntent || kinds[2] != journal.KindOutcome || len(heads) != 1 {
		t.Errorf("%v, %v", kinds, heads)
	}
	if len(s.told) != 2 || s.told[0].Seq != 2 || s.told[1].Limit != 500 || s.told[1].Hash == "" {
		t.Errorf("%+v", s.told)
	}
	// The next run knows the limit, and how to undo it.
	again := newStage(t, server.URL, dir)
	if v := again.State(); v.Standing.PerSecond != 500 || len(v.Changes) != 1 || !v.Changes[0].Was.Unlimited || !v.Changes[0].Ingest.Known() {
		t.Errorf("%+v, %+v", v.Standing, v.Changes)
	}
}

// An intent whose end is not known is shown by the next run, and nothing is sent
// again.
func TestRunnerShowsWhatIsOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	o := journal.Options{Dir: dir, Now: time.Now, Mono: func() time.Duration { return 0 }}
	j, _, err := journal.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Intent(journal.Intent{Action: "a1", Plan: "a1", Kind: "sync", Title: cluster.Clean("sync node2"), Target: journal.Target{ID: "node2"}}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			t.Error(r.Method, r.URL)
		}
		http.NotFound(w, r)
	}))
	defer server.Close()
	s := newStage(t, server.URL, dir)
	v := s.State()
	if len(v.Open) != 1 || v.Open[0].Action != "a1" {
		t.Fatalf("%+v", v.Open)
	}
	if o := v.Open[0]; o.Title.String() != "sync node2" || time.Since(o.At).Abs() > time.Minute {
		t.Errorf("%+v", o)
	}
	s.Do(Propose{Ask: plain})
	d := s.State().Dialog
	if d.Phase != Refused || !strings.Contains(d.Refusal.Why.String(), "sync node2"+s.Now().sentAt(v.Open[0].At)) {
		t.Errorf("%+v", d)
	}
	s.Do(Resolve{Action: "a1"})
	s.until("resolved", func(v State) bool { return len(v.Open) == 0 })
}

// A limit that took effect by somebody's word stands at once, and can be taken back:
// since it was set, which may be hours before the word.
func TestResolvedLimitStands(t *testing.T) {
	for _, applied := range []bool{true, false} {
		dir := filepath.Join(t.TempDir(), "audit")
		sent := time.Now().Add(-time.Hour)
		j, _, err := journal.Open(journal.Options{Dir: dir, Now: func() time.Time { return sent }, Mono: func() time.Duration { return 0 }})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.Intent(journal.Intent{Action: "a1", Plan: "a1", Kind: "throttle", Request: journal.Request{Body: `{"max_assertions_per_sec":400}`}}); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		server := admintest.Start(t, nil, admintest.Answer(404, "", ""))
		s := newStage(t, "http://"+server.Addr(), dir)
		if v := s.State(); v.Standing.PerSecond != 0 || len(v.Open) != 1 {
			t.Fatalf("%+v, %+v", v.Standing, v.Open)
		}
		s.Do(Resolve{Action: "a1", Applied: applied})
		v := s.until("resolved", func(v State) bool { return len(v.Open) == 0 && (!applied || v.Standing.PerSecond > 0) })
		if !applied {
			if v.Standing.PerSecond != 0 || len(v.Changes) != 0 {
				t.Errorf("%+v, %+v", v.Standing, v.Changes)
			}
			continue
		}
		if v.Standing.PerSecond != 400 || v.Standing.Since.Sub(sent).Abs() > time.Second || len(v.Changes) != 1 || v.Changes[0].Action != "a1" {
			t.Errorf("%+v, %+v", v.Standing, v.Changes)
		}
		s.Do(Propose{Ask: Ask{Kind: KindUndo}})
		if d := s.State().Dialog; d == nil || d.Phase == Refused {
			t.Errorf("%+v", d)
		}
	}
}

// The next run leaves a server alone for as long as it asked the one before.
func TestRunnerKnowsOfPeace(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	server := admintest.Start(t, nil, admintest.Answer(429, "", "", "Retry-After: 60"))
	s := newStage(t, "http://"+server.Addr(), dir)
	s.confirm(lower)
	s.done()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = newStage(t, "http://"+server.Addr(), dir)
	v := s.State()
	if left := v.Peace(s.Now()); left < 50*time.Second || left > time.Minute {
		t.Errorf("%v of peace", left)
	}
	s.Do(Propose{Ask: lower})
	if p := s.State().Dialog.Plan; p.Tier != Medium || !strings.Contains(p.TierIs.String(), "of peace") {
		t.Errorf("%s: %s", p.Tier, p.TierIs)
	}
}

// A journal that was meddled with does not tell all that stands: who decides is
// told so, until another segment took its place.
func TestRunnerTellsOfADamagedJournal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	j, _, err := journal.Open(journal.Options{Dir: dir, Now: time.Now, Mono: func() time.Duration { return 0 }})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"first", "second"} {
		if _, err := j.Event(journal.Event{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	path := j.Path()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, []byte(strings.Replace(string(raw), "first", "worst", 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	s := newStage(t, server.URL, dir)
	const want = "is broken, its hash is not that of its content"
	if d := s.State().Damage.String(); !strings.Contains(d, filepath.Base(path)+" "+want) {
		t.Errorf("%q", d)
	}
	warned := func(v State) bool {
		return strings.Contains(fmt.Sprint(v.Dialog.Plan.Warn), want)
	}
	s.Do(Propose{Ask: lower})
	if !warned(s.State()) {
		t.Error(s.State().Dialog.Plan.Warn)
	}
	s.Do(Key{Name: "esc"}) // whose near miss begins another segment
	s.until("recorded", func(State) bool { return s.book.drained() && s.Journal() != "" && s.Journal() != path })
	s.Do(Propose{Ask: lower})
	s.until("told no more", func(v State) bool { return v.Damage.IsZero() && !v.Dialog.Reading && !warned(v) })
}

// Of a journal that was removed its anchor is left: who decides is told that what
// stood in it is not known.
func TestRunnerTellsOfARemovedJournal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	j, _, err := journal.Open(journal.Options{Dir: dir, Now: time.Now, Mono: func() time.Duration { return 0 }})
	if err == nil {
		path := j.Path()
		err = errors.Join(j.Close(), os.Remove(path))
	}
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	s := newStage(t, server.URL, dir)
	const want = "audit-000001.jsonl was removed"
	warned := func(v State) bool { return strings.Contains(fmt.Sprint(v.Dialog.Plan.Warn), want) }
	s.Do(Propose{Ask: lower})
	if v := s.State(); v.Damage.String() != want || !warned(v) {
		t.Errorf("%q, and before the eyes: %q", v.Damage, v.Dialog.Plan.Warn)
	}
	s.Do(Key{Name: "esc"}) // whose near miss begins another segment, which names the one that is gone
	s.until("recorded", func(State) bool { return s.book.drained() && filepath.Base(s.Journal()) == "audit-000002.jsonl" })
	s.Do(Propose{Ask: lower})
	s.until("told no more", func(v State) bool { return v.Damage.IsZero() && !v.Dialog.Reading && !warned(v) })
}
