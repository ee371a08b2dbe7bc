package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/remote"
)

// tryHost connects to a host, runs the script until it told its facts and one
// reading, and then tries the log, since a server may allow one session only.
func (w *wiring) tryHost(ctx context.Context, n config.Node) []finding {
	begin := time.Now()
	c, err := w.host(n)
	if err != nil {
		return []finding{{node: n.ID, what: "ssh", bad: failureOf(err)}}
	}
	first, err := firstReading(ctx, c, w.clock)
	took := time.Since(begin)
	slow := w.slowFindings(ctx, n, c, first)
	_ = c.Close() // nothing is lost with it
	facts, reading := first.facts, first.counters
	f := finding{node: n.ID, what: "ssh", took: took, bad: failureOf(err)}
	if f.bad != nil {
		return []finding{f}
	}
	f.good = fmt.Sprintf("%s %s, ticks answered by %s", facts.OS, facts.Kernel, facts.Dialect)
	found := append([]finding{f}, figureFindings(n, reading, first.tick)...)
	found = append(found, w.walFinding(n, &facts.WAL))
	if !lacks(reading, "processes") {
		found = append(found, w.processFinding(n, reading))
	}
	return append(append(found, slow...), w.tryLog(ctx, n))
}

// figures are what a tick tells, by the section that it comes from.
var figures = []struct{ section, name string }{
	{"stat", "cpu"}, {"diskstats", "disks"}, {"net/dev", "network"}, {"meminfo", "memory"}, {"processes", "processes"},
}

// lacks tells whether a section could not be read.
func lacks(r *cluster.HostReading, section string) bool {
	return slices.ContainsFunc(r.Missing, func(m cluster.MissingSection) bool { return m.Section.String() == section })
}

// figureFindings tell which figures there are, and why the others are not.
func figureFindings(n config.Node, r *cluster.HostReading, took time.Duration) []finding {
	var there []string
	for _, f := range figures {
		if !lacks(r, f.section) {
			there = append(there, f.name)
		}
	}
	var found []finding
	if len(there) > 0 {
		found = append(found, finding{node: n.ID, what: "figures", took: took, good: strings.Join(there, ", ")})
	}
	for _, m := range r.Missing {
		hint := "check proc of " + n.ID + " in the configuration, and what the account may read there"
		if m.Section.String() == "processes" {
			hint = "log in as the account that the database runs as, or as one in the group that /proc is mounted for (gid=)"
		}
		found = append(found, finding{
			node: n.ID, what: "figures",
			bad: cluster.Fail(cluster.FailPermission, m.Section.String()+": "+m.Why.String(), hint),
		})
	}
	return found
}

// first is what a host tells at first.
type first struct {
	facts    *cluster.HostFacts
	counters *cluster.HostReading
	sockets  *cluster.SocketReading
	service  *cluster.ServiceReading
	api      *cluster.APIConfig
	tick     time.Duration
}

// firstReading collects until there are facts and counters, and processes unless
// they can't be had, or a failure.
func firstReading(ctx context.Context, c sources.Collector, clock sources.Clock) (f first, err error) {
	for f.facts == nil || f.counters == nil || !f.counters.AskedProcesses && !lacks(f.counters, "processes") {
		for _, r := range c.Collect(ctx) {
			switch b := r.Body.(type) {
			case *cluster.HostFacts:
				f.facts = b
			case *cluster.HostReading:
				f.counters, f.tick = b, r.Took
			case *cluster.SocketReading:
				f.sockets = b
			case *cluster.ServiceReading:
				f.service = b
			case *cluster.APIConfig:
				f.api = b
			}
			if r.Err != nil && r.Body == nil {
				return first{}, r.Err
			}
		}
		if err := clock.Sleep(ctx, time.Second/2); err != nil {
			return first{}, err
		}
	}
	return f, nil
}

func (w *wiring) walFinding(n config.Node, wal *cluster.WALDevice) finding {
	f := finding{node: n.ID, what: "wal"}
	if !wal.Device.IsZero() {
		f.good = fmt.Sprintf("%s is on %s", w.config.WALPath, wal.Device)
		return f
	}
	f.bad = cluster.Fail(cluster.FailMissing, "the disk of "+w.config.WALPath+" is not known: "+wal.Why.String(),
		"set wal_path in the configuration; until then no disk is marked as the log's")
	return f
}

func (w *wiring) processFinding(n config.Node, r *cluster.HostReading) finding {
	f := finding{node: n.ID, what: "process"}
	if len(r.Processes) > 0 {
		p := r.Processes[0]
		f.good = fmt.Sprintf("%d found, the first %s, pid %d", len(r.Processes), p.Command, p.PID)
		return f
	}
	f.bad = cluster.Fail(cluster.FailMissing, "no process called "+w.config.Process+"* runs",
		"set process in the configuration to the beginning of its name, and proc where the host's /proc is elsewhere")
	return f
}

// logScript tells in a word whether the log of a unit ($2) or a file ($1) can
// be read. $3 is the nonce that tells its answer from the noise of a login.
const logScript = `check() {
echo # the login may have left a line open
if [ -n "$1" ]; then
	if [ -r "$1" ]; then echo "$3 ok $1"; else echo "$3 unreadable $1"; fi
elif ! command -v journalctl >/dev/null 2>&1; then echo "$3 nojournalctl"
else
	said=$(journalctl -q --no-pager -n 1 -o cat -u "$2" 2>&1) || { echo "$3 failed $said"; return; }
	case $said in
	*"nsufficient permissions"*) echo "$3 denied" ;;
	"") echo "$3 empty" ;;
	*) echo "$3 ok journal of $2" ;;
	esac
fi; }
`

// tryLog tells whether the log that explains a failing sync can be read.
func (w *wiring) tryLog(ctx context.Context, n config.Node) finding {
	f := finding{node: n.ID, what: "log"}
	begin := time.Now()
	word, rest, err := w.askLog(ctx, n)
	f.took = time.Since(begin)
	hint := "set log_file of " + n.ID + " in the configuration, or unit"
	switch {
	case err != nil:
		f.bad = failureOf(err)
	case word == "ok":
		f.good = rest + " can be read"
	case word == "nojournalctl":
		f.bad = cluster.Fail(cluster.FailUnsupported, "there is no journalctl", hint)
	case word == "denied":
		f.bad = cluster.Fail(cluster.FailPermission, "the journal may not be read", "add the account to the group systemd-journal: sudo usermod -aG systemd-journal USER")
	case word == "empty":
		f.bad = cluster.Fail(cluster.FailMissing, "nothing in the journal of "+w.config.Unit, hint)
	case word == "unreadable":
		f.bad = cluster.Fail(cluster.FailPermission, rest+" can't be read", "let the account read it, or change log_file")
	default:
		f.bad = cluster.Fail(cluster.FailOther, "journalctl: "+rest, hint)
	}
	return f
}

// askLog runs the script and returns its answer.
func (w *wiring) askLog(ctx context.Context, n config.Node) (word, rest string, err error) {
	t, err := w.transport(n)
	if err != nil {
		return "", "", err
	}
	defer func() { _ = t.Close() }() // nothing is lost with it
	tag := remote.NewNonce()
	s, err := t.Start(ctx, remote.Command(tag))
	if err != nil {
		return "", "", err
	}
	defer context.AfterFunc(ctx, func() { _ = s.Close() })()
	defer func() { _ = s.Close() }()
	if _, err := fmt.Fprintf(s, "%scheck %s %s %s; exit\n", logScript, shellWord(n.LogFile), shellWord(w.config.Unit), tag); err != nil {
		return "", "", err
	}
	if word, rest, ok := answerIn(s, tag); ok {
		return word, rest, nil
	}
	if ctx.Err() != nil {
		return "", "", ctx.Err()
	}
	return "", "", cluster.Fail(cluster.FailCommand, "the check of the log was not run; it printed: "+s.Stderr().String(), "does the account allow commands?")
}

// maxNoise is how much a login may print before the answer, in bytes.
const maxNoise = 4 << 20

// answerIn looks for the line that begins with tag.
func answerIn(r io.Reader, tag string) (word, rest string, ok bool) {
	lines := bufio.NewReaderSize(io.LimitReader(r, maxNoise), 4<<10)
	for {
		line, more, err := lines.ReadLine()
		if answer, mine := strings.CutPrefix(string(line), tag+" "); mine {
			word, rest, _ = strings.Cut(answer, " ")
			return word, rest, true
		}
		for more && err == nil { // the rest of a line that is too long for an answer
			_, more, err = lines.ReadLine()
		}
		if err != nil {
			return "", "", false
		}
	}
}

// shellWord quotes a word for sh.
func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
