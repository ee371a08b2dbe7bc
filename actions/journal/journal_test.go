package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stemedb/stemetop/sources/cluster"
)

func TestJournal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	j, r := open(t, options(dir))
	if r.State != "" || j.Head().Seq != 1 {
		t.Fatalf("%+v, head %v", r, j.Head())
	}
	must(t)(j.Intent(intent("a")))
	if got := actions(j.Open()); got != "a" {
		t.Errorf("open: %q", got)
	}
	must(t)(j.Outcome(outcome("a", "ambiguous")))
	must(t)(j.Effect(Effect{Action: "a", Verdict: "inconclusive", Final: true}))
	if got := actions(j.Open()); got != "a?" {
		t.Errorf("open: %q", got)
	}
	must(t)(j.Resolution(Resolution{Action: "a", Verdict: "applied", Why: cluster.Clean("ingest fell")}))
	must(t)(j.NearMiss(NearMiss{Kind: "sync", State: "armed", Why: cluster.Clean("esc")}))
	e := must(t)(j.Event(Event{Name: "note", Text: cluster.Clean("node2 has a slow disk")}))
	if e.Head.Seq != 7 || !e.Anchored || e.Unrecorded || e.Took <= 0 || e.Head != j.Head() {
		t.Errorf("%+v", e)
	}
	if len(j.Open()) != 0 {
		t.Errorf("open: %q", actions(j.Open()))
	}
	path := j.Path()
	rep := want(t, path, Fine)
	if rep.Head != e.Head || rep.Anchor == nil || rep.Anchor.Head != e.Head || rep.Origin.User.String() != "dana" {
		t.Errorf("%+v", rep)
	}
	for name, mode := range map[string]os.FileMode{dir: 0o700 | os.ModeDir, path: 0o600, anchorPath(path): 0o600, filepath.Join(dir, reserveName): 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Event(Event{}); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	k, r := open(t, options(dir))
	if r.State != Fine || k.Path() != path || k.Head().Seq != 8 {
		t.Errorf("%+v, %s, %v", r, k.Path(), k.Head())
	}
}

// TestEnvelope reckons the chain as its documentation says.
func TestEnvelope(t *testing.T) {
	j, _ := open(t, options(t.TempDir()))
	must(t)(j.Intent(intent("a")))
	b, err := os.ReadFile(j.Path())
	if err != nil {
		t.Fatal(err)
	}
	prev := strings.Repeat("0", 64)
	for i, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
		var e struct {
			Seq        int
			Prev, Hash string
			Rec        json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(fmt.Appendf(nil, "dba1|%d|%s|%s", i+1, prev, e.Rec))
		if e.Seq != i+1 || e.Prev != prev || e.Hash != hex.EncodeToString(sum[:]) {
			t.Errorf("line %d: %s", i+1, line)
		}
		prev = e.Hash
	}
	const wants = `"rec":{"kind":"intent","wall":"2026-11-22T03:12:40.123Z","mono_ns":5000000000,"intent":{"action_id":"a","plan_id":"p-a",`
	if !strings.Contains(string(b), wants) {
		t.Errorf("%s lacks %s", b, wants)
	}
}

func TestAdmission(t *testing.T) {
	j, _ := open(t, options(t.TempDir()))
	must(t)(j.Intent(intent("a")))
	large := intent("big")
	large.Request.Body = strings.Repeat("x", maxIntent)
	for name, err := range map[string]error{
		"the same action again":         second(j.Intent(intent("a"))),
		"no action":                     second(j.Intent(intent(""))),
		"too large":                     second(j.Intent(large)),
		"an outcome without intent":     second(j.Outcome(outcome("b", "accepted"))),
		"a resolution of what is known": second(j.Resolution(Resolution{Action: "b", Verdict: "applied"})),
	} {
		if err == nil {
			t.Errorf("%s: recorded", name)
		}
	}
	must(t)(j.Outcome(outcome("a", "ambiguous")))
	if _, err := j.Outcome(outcome("a", "accepted")); err == nil {
		t.Error("a second outcome: recorded")
	}
	for i := range 100 { // a year of answers that nobody understood
		must(t)(j.Intent(intent(fmt.Sprint("more", i))))
	}
	var err error
	for i := 0; err == nil && i < 24; i++ {
		wide := intent(fmt.Sprint("wide", i))
		wide.Request.Body = strings.Repeat("x", maxIntent-2000)
		_, err = j.Intent(wide)
	}
	if err == nil || !strings.Contains(err.Error(), "say first what became of them") {
		t.Error(err)
	}
}

func second(_ Entry, err error) error { return err }

func TestManyWriters(t *testing.T) {
	j, _ := open(t, options(t.TempDir()))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				if _, err := j.Event(Event{Name: "e"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if r := want(t, j.Path(), Fine); r.Head.Seq != 41 {
		t.Errorf("%d records", r.Head.Seq)
	}
}

// TestSecrets puts canaries where no secret belongs; none may reach the disk.
func TestSecrets(t *testing.T) {
	const plain, odd, digits = "canary-4711-token", `canary"with\quotes`, "123456"
	o := options(t.TempDir())
	o.Secrets = []Secret{NewSecret(plain), NewSecret(odd), NewSecret(digits), NewSecret(""), NewSecret("e")}
	j, _ := open(t, o)
	in := intent("a")
	in.Request.Body = "Bearer " + plain + odd
	in.Reason = cluster.Clean(odd)
	in.Target.ID = plain
	in.Seen = append(in.Seen, Fact{Name: plain, Value: cluster.Clean("x" + digits)})
	must(t)(j.Intent(in))
	out := outcome("a", "accepted")
	out.Reason, out.Bytes = cluster.Clean(plain), 123456
	must(t)(j.Outcome(out))
	b, err := os.ReadFile(j.Path())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{plain, "canary", "x" + digits} {
		if strings.Contains(string(b), s) {
			t.Errorf("%s is in the journal:\n%s", s, b)
		}
	}
	if !strings.Contains(string(b), `"bytes":123456`) || !strings.Contains(string(b), `"action":"throttle"`) {
		t.Errorf("more than secrets was blacked out:\n%s", b)
	}
	want(t, j.Path(), Fine)
}

func TestSecretDoesNotPrint(t *testing.T) {
	s := NewSecret("canary")
	type holder struct {
		S      Secret
		hidden Secret
		p      *Secret
	}
	h := holder{s, s, &s}
	var out strings.Builder
	for _, v := range []any{s, &s, h, &h, []Secret{s}, map[string]Secret{"k": s}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb, v)
		}
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "s", s, "h", h)
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "s", s, "h", h)
	b, err := json.Marshal(map[string]any{"s": s, "h": h})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(b)
	for _, form := range []string{"canary", "63616e617279"} {
		if strings.Contains(out.String(), form) {
			t.Errorf("a secret was printed:\n%s", out.String())
		}
	}
	if s.Reveal() != "canary" || (Secret{}).Reveal() != "" {
		t.Error("a secret that can't be had")
	}
}
