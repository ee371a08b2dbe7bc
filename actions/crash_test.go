package actions

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/admin/admintest"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

// The environment that makes the test binary play a run that dies.
const (
	crashEnv    = "STEMETOP_ACTIONS_CRASH" // where
	crashURLEnv = "STEMETOP_ACTIONS_URL"
	crashAskEnv = "STEMETOP_ACTIONS_ASK"
)

// The boundaries between effects at which a run is killed.
const (
	crashChecking = "at the last check"
	crashIntent   = "after the intent, before the send"
	crashSent     = "after the send, before the answer"
	crashAnswered = "after the answer, before the outcome"
	crashOutcome  = "after the outcome"
	crashLost     = "after the outcome that the answer was lost"
)

// childTB stands in for a test in a process that is none.
type childTB struct{ testing.TB }

func (childTB) Helper()                   {}
func (childTB) Cleanup(func())            {}
func (childTB) Fatal(args ...any)         { panic(fmt.Sprint(args...)) }
func (childTB) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }

func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // until it comes
}

// mortal is a client in whose calls the process dies.
type mortal struct {
	Client
	at    string
	reads int
}

func (m *mortal) ReadRateLimit(ctx context.Context) (admin.Limit, admin.Read) {
	if m.reads++; m.reads == 2 && m.at == crashChecking {
		die()
	}
	return m.Client.ReadRateLimit(ctx)
}

func (m *mortal) Send(ctx context.Context, s admin.Send) admin.Result {
	r := m.Client.Send(ctx, s)
	if m.at == crashAnswered {
		die()
	}
	return r
}

// crashChild acts, with the journal in its working directory, and dies on the way.
func crashChild(at string) {
	client, err := admin.New(admin.Options{URL: os.Getenv(crashURLEnv)})
	if err != nil {
		panic(err)
	}
	var ask Ask
	if err := json.Unmarshal([]byte(os.Getenv(crashAskEnv)), &ask); err != nil {
		panic(err)
	}
	s := newStageOf(childTB{}, &mortal{Client: client, at: at}, "audit")
	s.tell = func(b cluster.ActionStep) {
		if at == crashIntent && b.Stage == cluster.ActionIntent || (at == crashOutcome || at == crashLost) && b.Stage == cluster.ActionAnswered {
			die()
		}
	}
	s.confirm(ask)
	s.until("dead", func(State) bool { return false })
}

// syncs answers a throttle and a sync as the API does.
func syncs(s *admintest.Server, conn net.Conn, r *http.Request, body []byte) {
	if strings.HasSuffix(r.URL.Path, "/sync") {
		admintest.Answer(202, admintest.JSON, `{"sync_id":"s1","replica_id":"node2","force":false,"state":"started"}`)(s, conn, r, body)
		return
	}
	admintest.Acts(s, conn, r, body)
	admintest.Answer(200, admintest.JSON, string(body))(s, conn, r, body)
}

// A run is killed at each boundary and started again: what may have taken effect
// is shown as unknown, is in the way of a sync and in that of no limit, and is
// never sent again.
func TestCrashMatrix(t *testing.T) {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "action\tkilled\tsent before\topen after\tsync\tlimit\tsent after")
	for _, ask := range []Ask{lower, plain, {Kind: KindReset, Target: "agent-node2"}} {
		for _, c := range []struct {
			at         string
			answer     admintest.Script
			sent, open int
		}{
			{crashChecking, syncs, 0, 0},
			{crashIntent, syncs, 0, 1},
			{crashSent, admintest.Hang, 1, 1},
			{crashAnswered, syncs, 1, 1},
			{crashOutcome, syncs, 1, 0},
			{crashLost, admintest.Rst, 1, 1},
		} {
			if ask.Kind == KindReset && c.at != crashSent {
				continue // as the others
			}
			t.Run(string(ask.Kind)+" "+c.at, func(t *testing.T) {
				dir := t.TempDir()
				server := admintest.Start(t, nil, c.answer)
				crash(t, dir, c.at, ask, server)
				sent := server.Counted()
				server.Set(syncs)
				s := newStage(t, "http://"+server.Addr(), filepath.Join(dir, "audit"))
				open := s.State().Open
				for _, o := range open {
					if o.Kind != ask.Kind || o.Target != ask.Target || o.Why.IsZero() {
						t.Errorf("%+v", o)
					}
				}
				syncWords := s.tried(plain)
				limitWords := s.tried(lower)
				s.confirm(lower)
				s.until("accepted", func(v State) bool { return v.Dialog.Phase == Verifying })
				fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\t%d\n", ask.Kind, c.at, sent, len(open), syncWords, limitWords, server.Counted())
				if sent != c.sent || len(open) != c.open || server.Counted() != 1 {
					t.Errorf("%d sent, %d open, %d sent after", sent, len(open), server.Counted())
				}
				if (syncWords == "refused") != (c.open > 0) || limitWords == "refused" {
					t.Errorf("a sync is %s, a limit %s", syncWords, limitWords)
				}
				checkChain(t, filepath.Join(dir, "audit"))
			})
		}
	}
	w.Flush()
	t.Log("\n" + table.String())
}

// tried tells whether an ask has a plan now, and closes it again.
func (s *stage) tried(a Ask) string {
	s.t.Helper()
	s.Do(Propose{Ask: a})
	d := s.until("shown", func(v State) bool { return v.Dialog != nil && !v.Dialog.Reading }).Dialog
	s.Do(Key{Name: "esc"})
	if d.Phase == Refused {
		return "refused"
	}
	if f := d.Plan.fact("unresolved"); f.Name != "" {
		return "shown with what is unknown"
	}
	return "shown"
}

// crash runs a process until it was killed.
func crash(t *testing.T, dir, at string, ask Ask, server *admintest.Server) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	word, err := json.Marshal(ask)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), exe)
	child.Dir = dir
	child.Env = append(os.Environ(), crashEnv+"="+at, crashURLEnv+"=http://"+server.Addr(), crashAskEnv+"="+string(word))
	var said strings.Builder
	child.Stderr = &said
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if at == crashSent {
		for end := time.Now().Add(20 * time.Second); server.Counted() == 0 && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		}
		_ = child.Process.Kill()
	}
	_ = child.Wait()
	if status, ok := child.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("it was not killed: %v\n%s", child.ProcessState, &said)
	}
}

// checkChain verifies all segments of a journal.
func checkChain(t *testing.T, dir string) {
	t.Helper()
	paths, err := journal.Segments(dir)
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		if r, err := journal.Verify(path); err != nil || r.State != journal.Fine {
			t.Errorf("%s: %+v, %v", path, r, err)
		}
	}
}
