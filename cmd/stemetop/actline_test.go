package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions"
	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/admin/admintest"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources"
)

const actCanary = "canary-4711-secret"

// line is a primary with good metrics and an admin interface that does as told.
func line(t *testing.T, adminURL string, more ...string) (file string) {
	t.Helper()
	fake := httptest.NewServer(http.HandlerFunc(serveFake))
	t.Cleanup(fake.Close)
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte(actCanary+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, "config.yaml")
	text := fmt.Sprintf("cluster: prod-eu\nprimary: {id: node1, url: %q}\nadmin: {url: %q, token_file: %q}\n", fake.URL+"/lag/2/11.5", adminURL, token)
	if err := os.WriteFile(file, []byte(text+strings.Join(more, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// api is an admin interface that does what it is asked for.
type api struct {
	*httptest.Server
	posts atomic.Int32
	limit atomic.Pointer[string]
	hold  chan struct{} // where there is one, a reading gets its answer when it is closed
	held  atomic.Int32  // the readings that wait, or waited
}

func newAPI(t *testing.T) *api {
	a := &api{}
	unlimited := `{"max_assertions_per_sec":null}`
	a.limit.Store(&unlimited)
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPost {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				return // who asked is gone
			}
			body := string(b)
			a.limit.Store(&body)
			a.posts.Add(1)
		}
		if strings.HasSuffix(r.URL.Path, "/tripped") {
			fmt.Fprint(w, `{"tripped":[],"count":0}`)
			return
		}
		if r.Method == http.MethodGet && a.hold != nil {
			a.held.Add(1)
			select {
			case <-a.hold:
			case <-r.Context().Done():
			}
		}
		fmt.Fprint(w, *a.limit.Load())
	}))
	t.Cleanup(a.Close)
	return a
}

// Each end of a request has its exit code and its words, and sends once at most.
func TestExitCodesOfAct(t *testing.T) {
	t.Parallel()
	repeats := `{"error":{"code":"invalid_value","message":"must be lower; you sent Bearer ` + actCanary + `"}}`
	for _, c := range []struct {
		name     string
		answer   admintest.Script
		code     int
		requests int
		words    string
	}{
		{"accepted", admintest.Then(admintest.Acts, admintest.Answer(200, admintest.JSON, admintest.Echo)), exitOK, 1, `^outcome +accepted$`},
		{"rejected", admintest.Answer(422, admintest.JSON, repeats), exitRejected, 1, `^outcome +rejected: 422.*invalid_value: must be lower`},
		{"the server wants peace", admintest.Answer(429, "", "", "Retry-After: 30"), exitRejected, 1, `^wait +the server asks for 30s of peace$`},
		{"lost, and applied", admintest.Then(admintest.Acts, admintest.Rst), exitOK, 1, `^effect +reading back says that it took effect$`},
		{"lost, and not applied", admintest.Rst, exitAmbiguous, 1, `^effect +it did not take effect`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, server := newProgram(t), admintest.Start(t, nil, c.answer)
			file := line(t, "http://"+server.Addr())
			out, complaints := p.run(c.code, "act", "throttle", "500", "--config", file, "--confirm", "prod-eu")
			p.want(out, c.words)
			if n := server.Counted(); n != c.requests {
				t.Errorf("%d requests", n)
			}
			if h := server.Headers(); len(h) > 0 && h[0].Get("Authorization") == "" {
				t.Error("the secret was not sent: this test shows nothing")
			}
			if strings.Contains(out+complaints+p.everything(), actCanary) {
				t.Errorf("a secret is shown:\n%s%s", out, complaints)
			}
		})
	}
}

// What is accepted and has no effect, or is worse soon after, has an exit code of
// its own, by the readings that came later.
func TestExitCodeOfWhatHasNoEffect(t *testing.T) {
	t.Parallel()
	const tripped, none = `{"tripped":[{"agent_id":"agent-node2"}],"count":1}`, `{"tripped":[],"count":0}`
	for _, c := range []struct {
		name  string
		after []string // the lists that follow the reset; the last one stays
		words string
	}{
		{"no effect", []string{tripped}, `^effect +no effect after \d+s, it is tripped still$`},
		{"regressed", []string{none, none, none, none, tripped}, `^effect +regressed after \d+s, it tripped again$`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var posts, lists atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				switch {
				case r.Method == http.MethodPost:
					posts.Add(1)
					fmt.Fprint(w, `{"agent_id":"agent-node2"}`)
				case strings.HasSuffix(r.URL.Path, "/tripped") && posts.Load() == 0:
					fmt.Fprint(w, tripped)
				case strings.HasSuffix(r.URL.Path, "/tripped"):
					fmt.Fprint(w, c.after[min(int(lists.Add(1)), len(c.after))-1])
				default:
					http.NotFound(w, r)
				}
			}))
			t.Cleanup(server.Close)
			p := newProgram(t)
			file := line(t, server.URL, "replicas: [{id: node2, agent_id: agent-node2}]")
			out, _ := p.run(exitNoEffect, "act", "reset", "node2", "--config", file, "--confirm", "node2", "--verify", "60s")
			p.want(out, `^outcome +accepted$`, c.words)
			if n := posts.Load(); n != 1 {
				t.Errorf("%d requests", n)
			}
			if got := p.kinds(); !strings.HasSuffix(got, "intent outcome session effect") {
				t.Error(got)
			}
		})
	}
}

// everything is all that the program left in files.
func (p *program) everything() string {
	p.Helper()
	var all strings.Builder
	err := filepath.WalkDir(p.state, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all.Write(b)
		return err
	})
	if err != nil {
		p.Fatal(err)
	}
	return all.String()
}

// What can't be sent is not, and says why.
func TestWhatActDoesNotSend(t *testing.T) {
	t.Parallel()
	nobody := httptest.NewServer(nil)
	nobody.Close()
	p := newProgram(t)
	out, complaints := p.run(exitNotSent, "act", "throttle", "500", "--config", line(t, nobody.URL), "--confirm", "prod-eu")
	p.want(out, `^limit +unknown: `, `^outcome +not sent: connection refused$`)
	if strings.Contains(out+complaints+p.everything(), actCanary) {
		t.Error("a secret is shown")
	}

	// The primary is gone: what is decided on is not known.
	server := admintest.Start(t, nil, admintest.Answer(200, admintest.JSON, admintest.Echo))
	_, complaints = p.run(exitBlocked, "act", "throttle", "500", "--primary", nobody.URL, "--confirm", "127.0.0.1")
	p.want(complaints, `^error: nothing was sent: `)

	// Another process has the journal.
	file := line(t, "http://"+server.Addr())
	dir := filepath.Join(p.state, "stemetop", "audit", "prod-eu")
	j, _, err := journal.Open(journal.Options{Dir: dir, Now: time.Now, Mono: func() time.Duration { return 0 }})
	if err != nil {
		t.Fatal(err)
	}
	_, complaints = p.run(exitBlocked, "act", "throttle", "500", "--config", file, "--confirm", "prod-eu")
	p.want(complaints, `^error: nothing was sent: .*another process writes this journal`, `^hint: mend that first; on a terminal, without --confirm, it can be sent without a record$`)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if n := server.Counted(); n != 0 {
		t.Errorf("%d requests", n)
	}

	// An answer was lost: a sync waits for somebody's word, which is recorded.
	if _, _, err = reopened(dir, journal.Intent{Action: "a1", Plan: "a1", Kind: "sync", Target: journal.Target{ID: "node2"}}); err != nil {
		t.Fatal(err)
	}
	_, complaints = p.run(exitBlocked, "act", "sync", "node2", "--config", file, "--confirm", "node2")
	p.want(complaints, `it is not known what became of`, `^hint: stemetop act resolve a1 applied`)
	_, complaints = p.run(exitBlocked, "act", "resolve", "a2", "not-applied", "--config", file)
	p.want(complaints, `^error: there is no unresolved action a2$`, `^hint: stemetop act resolve a1 applied`)
	out, _ = p.run(exitOK, "act", "resolve", "a1", "not-applied", "--config", file)
	p.want(out, `^resolved +a1: not-applied, by `)
	_, complaints = p.run(exitBlocked, "act", "resolve", "a1", "applied", "--config", file)
	p.want(complaints, `^hint: there is none: nothing is to be said$`)
	p.run(exitUsage, "act", "resolve", "a1", "perhaps", "--config", file)
	p.run(exitOK, "act", "sync", "node2", "--config", file, "--dry-run")
}

// reopened writes an intent that never got an outcome.
func reopened(dir string, in journal.Intent) (journal.Entry, *journal.Journal, error) {
	j, _, err := journal.Open(journal.Options{Dir: dir, Now: time.Now, Mono: func() time.Duration { return 0 }})
	if err != nil {
		return journal.Entry{}, nil, err
	}
	e, err := j.Intent(in)
	if err != nil {
		return e, j, err
	}
	return e, j, j.Close()
}

// interrupted runs the program, interrupts it when it is so far, and returns what
// it printed.
func (p *program) interrupted(code int, far func() bool, args ...string) string {
	p.Helper()
	if signal.Ignored(os.Interrupt) { // as in a job of a script: a child would ignore it too, and what is caught is not passed on
		signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	}
	cmd := p.command(args...)
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		p.Fatal(err)
	}
	for end := time.Now().Add(slow); !far() && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		p.Fatal(err)
	}
	_ = cmd.Wait() // its code is looked at
	if got := cmd.ProcessState.ExitCode(); got != code {
		p.Errorf("%q exits with %d, want %d\n%s", args, got, code, &out)
	}
	return out.String()
}

// An interrupted ramp leaves the limit where it is, and says so; a request that
// is interrupted may have taken effect, and is recorded as such.
func TestActInterrupted(t *testing.T) {
	t.Parallel()
	p, server := newProgram(t), newAPI(t)
	file := line(t, server.URL, "ramp: {steps: [3000, 4000]}", "thresholds: {lag_warning: 20s, lag_critical: 30s}")
	out := p.interrupted(exitSignal, func() bool { return len(p.outcomes()) > 0 }, "act", "ramp", "--config", file, "--confirm", "prod-eu")
	p.want(out, `^note +limit 3000/s, \S+, since \d\d:\d\d stands$`)
	if n := server.posts.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}

	p = newProgram(t)
	silent := admintest.Start(t, nil, admintest.Hang)
	out = p.interrupted(exitAmbiguous, func() bool { return silent.Counted() > 0 }, "act", "throttle", "500", "--config", line(t, "http://"+silent.Addr()), "--confirm", "prod-eu")
	p.want(out, `^outcome +may have taken effect: stopped waiting`)
	if list := p.outcomes(); len(list) != 1 || list[0] != "ambiguous" || silent.Counted() != 1 {
		t.Errorf("%v, %d requests", list, silent.Counted())
	}
}

// outcomes are the verdicts in the journal.
func (p *program) outcomes() []string {
	p.Helper()
	var list []string
	for _, r := range p.records() {
		if r.Outcome != nil {
			list = append(list, r.Outcome.Verdict)
		}
	}
	return list
}

// A ramp runs to its end.
func TestRampOnTheLine(t *testing.T) {
	t.Parallel()
	p, server := newProgram(t), newAPI(t)
	file := line(t, server.URL, "ramp: {steps: [3000, 4000], hold: 2s}", "thresholds: {lag_warning: 20s, lag_critical: 30s}")
	out, _ := p.run(exitOK, "act", "ramp", "--config", file, "--confirm", "prod-eu")
	p.want(out, `^plan +ramp ingest 3000, 4000/s, 2s each$`, `^so far +step \d of 2, `, `^effect +effective after \d+s, 4000/s held for`)
	if n := server.posts.Load(); n != 2 {
		t.Errorf("%d requests", n)
	}
}

// eventually waits for what must come to be.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(slow); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", slow, what)
		}
	}
}

// On a terminal it is asked for as the screen does, and what was typed before the
// question is no answer.
func TestActAsksOnATerminal(t *testing.T) {
	t.Parallel()
	server := newAPI(t)
	server.hold = make(chan struct{})
	file := line(t, server.URL)
	s := newSession(t, 100, 30)
	act := func(args string) {
		s.press("clear; stemetop act "+args+" --config "+file+"; echo left with $?", "Enter")
	}
	act("throttle 500")
	eventually(t, "the plan is being read", func() bool { return server.held.Load() > 0 })
	s.press("y", "Enter") // too early: the plan is still being read
	s.see(`^y$`)
	close(server.hold)
	s.see(`y sends it, anything else cancels: *$`)
	if server.posts.Load() != 0 {
		t.Fatal("what was typed ahead has sent it")
	}
	s.press("y", "Enter")
	s.see(`outcome +accepted`)
	s.see(`left with 0`)

	act("throttle 5000") // which raises the limit
	s.see(`throttle ingest to 5000/s`)
	s.see(`a arms it, anything else cancels: *$`)
	s.press("y", "Enter")
	s.see(`nothing was sent: it was not confirmed`)
	s.see(`left with 7`)

	act("throttle 10") // below the floor
	s.see(`throttle ingest to 10/s`)
	s.see(`a arms it, anything else cancels: *$`)
	s.press("a", "Enter")
	s.see(`prod-eu sends it, anything else cancels: *$`)
	s.press("Enter")
	s.see(`left with 7`)
	if n := server.posts.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// A line that was typed while one plan gave way to another answers neither.
func TestALineBetweenTwoQuestionsAnswersNone(t *testing.T) {
	t.Parallel()
	in, hand, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = in.Close(), hand.Close() }()
	a := &acting{
		invocation: &invocation{terminal: terminal{in: in, out: io.Discard}},
		runner:     &actions.Runner{}, changed: make(chan struct{}, 1),
	}
	a.changed <- struct{}{}
	q := step{"y", "sends it"}
	if got := a.askFor(t.Context(), q, 1); got != moved {
		t.Fatalf("a plan that is gone: %v", got)
	}
	fmt.Fprintln(hand, "y")
	eventually(t, "the line is read", func() bool { return len(a.typed) == 1 })
	replies := make(chan reply)
	go func() { replies <- a.askFor(t.Context(), q, 1) }()
	eventually(t, "the line is passed over", func() bool { return len(a.typed) == 0 })
	fmt.Fprintln(hand, "no")
	if got := <-replies; got != no {
		t.Errorf("the second question is answered with %v", got)
	}
}

// A request that is answered at once was sent all the same, and is told once.
func TestSendingIsToldBeforeItsOutcome(t *testing.T) {
	t.Parallel()
	for name, phases := range map[string][]actions.Phase{
		"seen on its way": {actions.Rechecking, actions.Sending, actions.Ended},
		"answered before": {actions.Rechecking, actions.Ended},
	} {
		clock := sources.NewClock(1)
		runner := actions.NewRunner(actions.RunnerOptions{Clock: clock, Journal: journal.Options{Dir: t.TempDir(), Now: clock.Now, Mono: clock.Mono}})
		var out strings.Builder
		a := &acting{invocation: &invocation{terminal: terminal{out: &out}}, runner: runner}
		for _, phase := range phases {
			d := &actions.Dialog{Phase: phase}
			if phase == actions.Ended {
				d.Result = &admin.Result{Verdict: admin.Accepted}
			}
			a.tell(&actions.State{Dialog: d})
		}
		if err := runner.Close(); err != nil {
			t.Error(err)
		}
		if got := strings.Join(strings.Fields(out.String()), " "); !strings.HasPrefix(got, "now rechecking now sending outcome accepted") {
			t.Errorf("%s:\n%s", name, &out)
		}
	}
}

func TestAuditVerify(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	out, _ := p.run(exitOK, "audit", "verify")
	p.want(out, `^there is no audit journal in `)
	dir := filepath.Join(p.state, "stemetop", "audit", "prod-eu")
	for _, id := range []string{"a1", "a2", "a3"} {
		if _, _, err := reopened(dir, journal.Intent{Action: id, Plan: id, Kind: "throttle"}); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "audit-000001.jsonl")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(whole), "\n"), "\n")
	for _, c := range []struct {
		name, text string
		code       int
		words      string
	}{
		{"fine", string(whole), exitOK, `: fine; 6 good records, the last with hash [0-9a-f]{12}$`},
		{"changed", strings.Replace(string(whole), `"a2"`, `"a9"`, 1), exitCritical, `: broken at 4 \(line 4\): .*; 3 good records`},
		{"a line removed", strings.Join(slices.Delete(slices.Clone(lines), 2, 3), ""), exitCritical, `: broken at \d`},
		{"torn", string(whole) + `{"seq":7,"prev"`, exitWarning, `: torn tail, 15 bytes of a record that was not finished`},
		{"cut off", strings.Join(lines[:3], ""), exitCritical, `: shorter than its anchor: it ends at record 3, and had 6`},
		{"another", "hello\n", exitCritical, `: `},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"audit", "verify"}, {"audit", "verify", path}, {"audit", "verify", dir}} {
			out, _ := p.run(c.code, args...)
			p.want(out, c.words)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	out, _ = p.run(exitCritical, "audit", "verify")
	p.want(out, `: shorter than its anchor: the file was removed$`)
	p.run(exitUsage, "audit", "verify", path)
}
