package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/journal"
)

// program is this program as a process of its own, with a state directory.
type program struct {
	*testing.T
	path, state string
}

func newProgram(t *testing.T) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := &program{T: t, path: filepath.Join(dir, "stemetop"), state: filepath.Join(dir, "state")}
	// Package testscript runs the program where it is called by this name.
	if err := os.Symlink(self, p.path); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *program) command(args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	p.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+p.state, "XDG_CONFIG_HOME="+p.state)
	return cmd
}

// run runs it, checks its exit code and returns what it printed.
func (p *program) run(code int, args ...string) (stdout, stderr string) {
	p.Helper()
	cmd := p.command(args...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		p.Fatalf("%q exits with %d, want %d\n%s%s", args, got, code, &out, &complaints)
	}
	return out.String(), complaints.String()
}

// records are those of the journal of the one cluster that was acted on.
func (p *program) records() []journal.Record {
	p.Helper()
	dirs, err := filepath.Glob(filepath.Join(p.state, "stemetop", "audit", "*"))
	if err != nil {
		p.Fatal(err)
	}
	var list []journal.Record
	paths, err := journal.Segments(dirs...)
	if err != nil {
		p.Fatal(err)
	}
	for _, path := range paths {
		if err := journal.Read(path, func(r journal.Record) { list = append(list, r) }); err != nil {
			p.Fatal(err)
		}
	}
	return list
}

func (p *program) kinds() string {
	p.Helper()
	var words []string
	for _, r := range p.records() {
		words = append(words, string(r.Kind))
	}
	return strings.Join(words, " ")
}

func (p *program) want(text string, patterns ...string) {
	p.Helper()
	for _, pattern := range patterns {
		if !regexp.MustCompile("(?m)" + pattern).MatchString(text) {
			p.Errorf("no %q in\n%s", pattern, text)
		}
	}
}

func TestActOnTheEmbeddedCluster(t *testing.T) {
	t.Parallel()
	p, file := newProgram(t), startDemo(t, "healthy")

	// A plan is shown and nothing more, and leaves no trace.
	out, _ := p.run(exitOK, "act", "throttle", "900", "--config", file, "--dry-run")
	p.want(out, `^plan +throttle ingest to 900/s$`, `^request +POST http://127\S+/v1/admin/rate-limit$`, `^ +\{"max_assertions_per_sec":900\}$`,
		`^limit +unlimited +\(GET rate-limit, \d\.\d s old\)$`, `^ingest +\d+/s +\(primary's metrics, `, `^expect `, `^stop `, `^undo `)
	if list := p.records(); len(list) > 0 {
		t.Errorf("%+v", list)
	}

	// Without a confirmation, or with another's name, nothing is sent.
	_, complaints := p.run(exitBlocked, "act", "throttle", "900", "--config", file)
	p.want(complaints, `^error: nothing was sent: it is not confirmed$`, `^hint: add --confirm demo$`)
	_, complaints = p.run(exitBlocked, "act", "throttle", "900", "--config", file, "--confirm", "prod-eu")
	p.want(complaints, `^error: nothing was sent: --confirm names "prod-eu"$`, `^hint: the target is demo$`)
	_, complaints = p.run(exitBlocked, "act", "throttle", "900", "--config", file, "--confirm", "demo", "--read-only")
	p.want(complaints, `--read-only is given`)
	if got := p.kinds(); got != "genesis near_miss session near_miss" {
		t.Error(got)
	} else if why := p.records()[1].NearMiss.Why.String(); why != "nobody was there to confirm it" {
		t.Error(why)
	}

	// The effect is waited for.
	out, _ = p.run(exitOK, "act", "throttle", "900", "--config", file, "--confirm", "demo", "--verify", "60s")
	p.want(out, `^now +sending$`, `^outcome +accepted$`, `^journal +/.*/audit-000001.jsonl$`, `^effect +effective after \d+s, ingest is \d+/s`)
	if got := p.kinds(); !strings.HasSuffix(got, "session intent outcome session effect") {
		t.Error(got)
	}
	list := p.records()
	in := list[len(list)-4].Intent
	if in.Request.Body != `{"max_assertions_per_sec":900}` || in.Who.Via != "command line" || in.Who.Person.IsZero() || in.Target.Cluster.String() != "demo" || len(in.Seen) < 3 {
		t.Errorf("%+v", in)
	}

	// The next process knows it, and takes it back.
	out, _ = p.run(exitOK, "act", "throttle", "400", "--config", file, "--dry-run")
	p.want(out, `^limit +900/s`, `^set here +900/s, `, `^undo +u: back to 900/s$`)

	// By the replica or by the agent.
	out, _ = p.run(exitOK, "act", "reset", "node4", "--config", file, "--confirm", "node4")
	p.want(out, `^plan +reset the breaker of agent-node4$`, `^warning +it is not in the list of tripped breakers$`, `^outcome +accepted$`)

	out, _ = p.run(exitRejected, "act", "reset", "nobody", "--config", file, "--confirm", "nobody")
	p.want(out, `^outcome +rejected: .*404`)
	_, complaints = p.run(exitBlocked, "act", "sync", "node9", "--config", file, "--confirm", "node9")
	p.want(complaints, `there is no replica node9`)
	_, complaints = p.run(exitBlocked, "act", "sync", "", "--config", file, "--confirm", "")
	p.want(complaints, `no replica is named`)

	out, _ = p.run(exitOK, "audit", "verify")
	p.want(out, `^/.*/audit-000001\.jsonl: fine; \d+ good records, the last with hash [0-9a-f]{12}$`)
}
