package actions

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/admin/admintest"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

// elsewhere is a client that finds another server at the last check than it found
// at the preview.
type elsewhere struct {
	Client
	before admin.Peer
	reads  atomic.Int32
}

func (e *elsewhere) ReadRateLimit(ctx context.Context) (admin.Limit, admin.Read) {
	l, r := e.Client.ReadRateLimit(ctx)
	if e.reads.Add(1) == 1 {
		r.Peer = e.before
	}
	return l, r
}

// faulty is a stage over the server of a case.
func faulty(t *testing.T, c admintest.Case, s *admintest.Server, dir string) *stage {
	t.Helper()
	at, peer := admintest.At{URL: "http://" + s.Addr()}, admintest.Peer{}
	if c.Arrange != nil {
		at, peer = c.Arrange(t, s)
	}
	limits := admin.Limits(c.Limits)
	if limits.Header == 0 {
		limits.Header, limits.Total = 20*time.Second, 20*time.Second
	}
	client, err := admin.New(admin.Options{URL: at.URL, TLS: admin.TLSFiles{CA: at.CA}, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	if peer == (admintest.Peer{}) {
		return newStageOf(t, client, dir)
	}
	return newStageOf(t, &elsewhere{Client: client, before: admin.Peer(peer)}, dir)
}

// pass lets time pass by the hand's clock, which is how long outcomes are read
// back.
func (s *stage) pass(d time.Duration) { s.passed.Add(int64(d)) }

// done waits for the end of what is known of the request.
func (s *stage) done() State {
	s.t.Helper()
	v := s.until("answered", func(v State) bool {
		d := v.Dialog
		return d != nil && (d.Result != nil && d.Phase != Sending && v.Flight == nil || d.Phase == Preview && !d.Note.IsZero() || d.Phase == NoRecord)
	})
	if v.Dialog.Phase != ReadingBack {
		return v
	}
	s.until("read back", func(v State) bool { return v.Dialog.Phase != ReadingBack || !v.Dialog.Finding.Why.IsZero() })
	s.pass(readBackFor - readBackEvery)
	return s.until("resolved", func(v State) bool { return v.Dialog.Phase != ReadingBack })
}

// TestFaults runs the fault table through the Runner: from the confirmation to
// the verdict, with the real client and a real journal. Each case sends once at
// most, whatever comes of it.
func TestFaults(t *testing.T) {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "A6\tcase\trequests\tverdict\teffect\twords")
	for _, c := range admintest.Cases() {
		t.Run(c.Row+" "+c.Name, func(t *testing.T) {
			server := admintest.Start(t, nil, c.Script)
			s := faulty(t, c, server, filepath.Join(t.TempDir(), "audit"))
			s.confirm(lower)
			v := s.done()
			verdict, words := "blocked", v.Dialog.Note.String()
			if r := v.Dialog.Result; r != nil {
				verdict, words = string(r.Verdict), r.Summary().String()
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			effect := s.readBack()
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", c.Row, c.Name, server.Counted(), verdict, effect, words)
			checkFault(t, c, s, v, server.Counted(), verdict, words)
			checkRecords(t, c, s, effect)
		})
	}
	w.Flush()
	t.Log("\n" + table.String())
}

func checkFault(t *testing.T, c admintest.Case, s *stage, v State, requests int, verdict, words string) {
	t.Helper()
	if strings.Contains(c.Name, "than at the preview") {
		// Found at the last check already, before the client would find it.
		if verdict != "blocked" || requests != 0 || len(v.Dialog.Changed) == 0 || words != "not sent: look at what changed" {
			t.Errorf("%s, %d requests, %q, %v", verdict, requests, words, v.Dialog.Changed)
		}
		return
	}
	if verdict != c.Verdict || requests != c.Requests || !strings.Contains(words, c.Words) {
		t.Errorf("%s with %d requests, %q; want %s, %d, %q", verdict, requests, words, c.Verdict, c.Requests, c.Words)
	}
	if peace := v.Peace(s.Now()); (peace > 0) != (c.Wait > 0) || peace > c.Wait {
		t.Errorf("peace for %v, want %v", peace, c.Wait)
	}
	if v.Standing.PerSecond != 500 && c.ReadBack == "500" {
		t.Errorf("standing %+v", v.Standing)
	}
}

// readBack is what the journal has of the reading back of a lost answer.
func (s *stage) readBack() string {
	for _, r := range s.records() {
		if r.Effect != nil {
			return Effect(r.Effect.Verdict).String()
		}
	}
	return "-"
}

// checkRecords checks that the journal has the one intent and the one outcome.
func checkRecords(t *testing.T, c admintest.Case, s *stage, effect string) {
	t.Helper()
	if strings.Contains(c.Name, "than at the preview") {
		if list := s.records(); len(list) != 0 {
			t.Errorf("%+v", list)
		}
		return
	}
	want := "-"
	switch {
	case c.Verdict == "ambiguous" && c.ReadBack == "500":
		want = Applied.String()
	case c.Verdict == "ambiguous": // the server tells the limit, which is another one
		want = NotApplied.String()
	}
	if effect != want {
		t.Errorf("effect %q, want %q", effect, want)
	}
	intents, outcomes := 0, ""
	for _, r := range s.records() {
		switch {
		case r.Intent != nil:
			intents++
		case r.Outcome != nil:
			outcomes += r.Outcome.Verdict
		}
	}
	if intents != 1 || outcomes != c.Verdict {
		t.Errorf("the journal has %d intents and the outcome %q", intents, outcomes)
	}
}

// good answers as the API does.
func good(t *testing.T) *admintest.Server {
	return admintest.Start(t, nil, admintest.Then(admintest.Acts, admintest.Answer(200, admintest.JSON, admintest.Echo)))
}

// The faults that are not the server's: of the hand, the journal, the target.
func TestFaultsOfHandAndJournal(t *testing.T) {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "A6\tcase\trequests\tcame to\twords")
	for _, c := range []struct {
		row, name string
		arrange   func(t *testing.T, dir string)
		do        func(s *stage)
		requests  int
		phase     Phase
		words     string
	}{
		{"31", "confirmed twice at once", nil, func(s *stage) {
			s.Do(Propose{Ask: lower})
			d := s.until("shown", func(v State) bool { return !v.Dialog.Reading }).Dialog
			for range 5 {
				s.Do(Say{Word: d.Plan.Word, Shown: d.Shown})
			}
		}, 1, Verifying, "accepted"},
		{"34", "keys that were typed ahead", nil, func(s *stage) {
			s.Do(Propose{Ask: lower})
			s.until("shown", func(v State) bool { return !v.Dialog.Reading })
			for range 3 {
				s.Do(Key{Name: "y"})
			}
		}, 0, Preview, "keys came faster than fingers: nothing was taken of them"},
		{"55", "another process has the journal", hold, func(s *stage) { s.confirm(lower) }, 0, NoRecord, "another process writes this journal"},
		{"55", "the journal's directory is a file", func(t *testing.T, dir string) {
			if err := os.WriteFile(dir, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, func(s *stage) { s.confirm(lower) }, 0, NoRecord, "not a directory"},
		{"59", "a limit of -1", nil, func(s *stage) { s.Do(Propose{Ask: Ask{Kind: KindThrottle, N: -1}}) }, 0, Refused, "a limit of -1 is none"},
		{"59", "a limit of a billion", nil, func(s *stage) { s.Do(Propose{Ask: Ask{Kind: KindThrottle, N: 1e9}}) }, 0, Refused, "a limit of 1000000000 is none"},
		{"60", "no replica", nil, func(s *stage) { s.Do(Propose{Ask: Ask{Kind: KindSync}}) }, 0, Refused, "no replica is named"},
		{"60", "no agent", nil, func(s *stage) { s.Do(Propose{Ask: Ask{Kind: KindReset}}) }, 0, Refused, "no agent is named"},
		{"-", "another word than the target's", nil, func(s *stage) {
			s.Do(Propose{Ask: lower})
			d := s.until("shown", func(v State) bool { return !v.Dialog.Reading }).Dialog
			s.Do(Say{Word: "prod-us", Shown: d.Shown})
		}, 0, Ended, ""},
	} {
		t.Run(c.row+" "+c.name, func(t *testing.T) {
			server, dir := good(t), filepath.Join(t.TempDir(), "audit")
			if c.arrange != nil {
				c.arrange(t, dir)
			}
			s := newStage(t, "http://"+server.Addr(), dir)
			c.do(s)
			v := s.until("there", func(v State) bool { return v.Dialog == nil || v.Dialog.Phase == c.phase })
			phase, words := Ended, ""
			if d := v.Dialog; d != nil {
				phase, words = d.Phase, d.Note.String()
				if d.Result != nil {
					words = d.Result.Summary().String()
				}
				if d.Refusal != nil {
					words = d.Refusal.Why.String()
				}
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", c.row, c.name, server.Counted(), phase, words)
			if server.Counted() != c.requests || phase != c.phase || !strings.Contains(words, c.words) {
				t.Errorf("%d requests, %s, %q; want %d, %s, %q", server.Counted(), phase, words, c.requests, c.phase, c.words)
			}
			s.Do(Key{Name: "esc"})
		})
	}
	w.Flush()
	t.Log("\n" + table.String())
}

// hold keeps the lock of a journal.
func hold(t *testing.T, dir string) {
	t.Helper()
	j, _, err := journal.Open(journal.Options{Dir: dir, Now: time.Now, Mono: func() time.Duration { return 0 }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil && !errors.Is(err, journal.ErrClosed) {
			t.Error(err)
		}
	})
}

// The journal fails between the intent and the outcome: what became of the
// request is kept, told, and printed at the end.
func TestFaultOfTheJournalAfterTheSend(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	server := admintest.Start(t, nil, admintest.Hang)
	s := newStage(t, "http://"+server.Addr(), dir)
	s.confirm(lower)
	s.until("sent", func(State) bool { return server.Counted() == 1 })
	// Gone with its directory, and no new one can be made in its place.
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.Do(Key{Name: "esc"}) // stops waiting
	v := s.until("told", func(v State) bool { return !v.Journal.IsZero() })
	if v.Dialog.Result.Verdict != admin.Ambiguous || len(v.Open) != 1 || server.Counted() != 1 {
		t.Errorf("%+v, %d open", v.Dialog.Result, len(v.Open))
	}
	kept := s.Kept()
	if len(kept) == 0 || kept[0].Outcome == nil || kept[0].Outcome.Verdict != "ambiguous" {
		t.Errorf("%+v", kept)
	}
	s.mu.Lock()
	last := s.told[len(s.told)-1]
	s.mu.Unlock()
	if last.Stage != cluster.ActionAnswered || last.Seq != 0 {
		t.Errorf("%+v", last)
	}
	if err := os.Remove(dir); err != nil { // so that the end can write what is kept
		t.Fatal(err)
	}
}

// What happened while the journal could not be opened is printed at the end: also
// that nothing was sent.
func TestANearMissThatCouldNotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := newStage(t, "http://127.0.0.1:1", dir)
	s.Do(Propose{Ask: lower})
	s.until("open", func(v State) bool { return v.Dialog != nil && v.Dialog.Plan != nil })
	s.Do(Key{Name: "esc"})
	s.until("told", func(v State) bool { return !v.Journal.IsZero() })
	kept := s.Kept()
	if len(kept) != 1 || kept[0].NearMiss == nil || kept[0].NearMiss.Why.String() != "esc" || !kept[0].Unrecorded || kept[0].Wall.IsZero() {
		t.Errorf("%+v", kept)
	}
}
