package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/stemedb/stemetop/panes"
	"github.com/stemedb/stemetop/sources/cluster"
)

// writeText prints a snapshot for people: one line for each node, and below
// them the reason of everything that is missing. What is unknown is "?", in the
// columns of iostat "-".
func writeText(w io.Writer, s *cluster.Snapshot) error {
	b := &strings.Builder{}
	p := &s.Primary
	fmt.Fprintf(b, "%s  %s  at %s\n\n", s.Session.Cluster, verdictLine(s), s.At.UTC().Format(time.RFC3339))
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "state\tnode\tlag\tage\tassertions\tbehind\tapplies\tsync\tus sy wa st id\tdisk\t%util\tw_await")
	fmt.Fprintf(t, "%s\t%s\tprimary\t%s\t%s\t\t%s\t\t%s\n", reachWord(p.Metrics), p.Name,
		ageWord(p.Metrics, s.At), panes.Count(p.Assertions), panes.Rate(p.IngestPerSecond), hostCells(&p.Host))
	for i := range s.Replicas {
		r := &s.Replicas[i]
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", lagWord(&r.Lag, s.Session.Thresholds), r.Name,
			panes.Lag(r.Lag.Seconds), lagAgeWord(&r.Lag), panes.Count(r.Assertions.Indexed), panes.Count(r.Assertions.Behind),
			panes.Rate(r.Assertions.PerSecond), syncWord(&r.Sync), hostCells(&r.Host))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	writeJudgement(b, s)
	writeReasons(b, s)
	_, err := io.WriteString(w, trimLines(b.String()))
	return err
}

// verdictLine says the worst in a word, as the exit code does.
func verdictLine(s *cluster.Snapshot) string {
	return map[int]string{
		exitOK: "OK", exitWarning: "WARNING", exitCritical: "CRITICAL", exitUnknown: "UNKNOWN",
	}[exitCode(s)]
}

func writeReasons(b *strings.Builder, s *cluster.Snapshot) {
	b.WriteByte('\n')
	reason := func(name cluster.Text, of string, why *string) {
		if why != nil {
			fmt.Fprintf(b, "%s %s: %s\n", name, of, *why)
		}
	}
	p := &s.Primary
	reason(p.Name, "metrics", reasons(primaryWhys(p)...))
	reason(p.Name, "host", hostError(&p.Host))
	if a := s.Prometheus.Access; a.Configured {
		reason(cluster.Clean("prometheus"), "alerts", reasons(accessError(a)))
	}
	for i := range s.Replicas {
		r := &s.Replicas[i]
		reason(r.Name, "lag", reasons(r.Lag.Why))
		reason(r.Name, "metrics", reasons(accessError(r.Metrics), r.Assertions.Why))
		reason(r.Name, "sync", reasons(r.Sync.Why, r.Sync.ErrorsWhy))
		reason(r.Name, "host", hostError(&r.Host))
	}
}

func reachWord(a cluster.Access) string {
	if a.Reachable {
		return "OK"
	}
	return "UNKNOWN"
}

func lagWord(l *cluster.Lag, limits cluster.Thresholds) string {
	seconds, known := l.Seconds.Value()
	switch {
	case !known || l.State == cluster.LagUnknown:
		return "UNKNOWN"
	case l.State == cluster.LagStale:
		return "STALE"
	case l.State == cluster.LagFrozen:
		return "FROZEN"
	case seconds > limits.Critical.Seconds():
		return "CRITICAL"
	case seconds > limits.Warning.Seconds():
		return "WARNING"
	}
	return "OK"
}

func syncWord(y *cluster.Sync) string {
	if y.Progress.Known() && y.State != cluster.SyncIdle {
		return y.State.String() + " " + panes.Percent(y.Progress)
	}
	return y.State.String()
}

// hostCells are the columns of a host: processor, and the disk that counts.
func hostCells(h *cluster.Host) string {
	cpu := "?"
	if !h.Reachable {
		return cpu + "\t?\t?\t?" // the last figures are not those of now
	}
	if h.CPU.Idle.Known() {
		figures := []cluster.Figure{h.CPU.User, h.CPU.System, h.CPU.IOWait, h.CPU.Steal, h.CPU.Idle}
		words := make([]string, len(figures))
		for i, f := range figures {
			words[i] = panes.Number(f)
		}
		cpu = strings.Join(words, " ")
	}
	if len(h.Disks) == 0 {
		return cpu + "\t?\t?\t?"
	}
	d := &h.Disks[0] // the WAL's where that is known, else the busiest
	name := d.Name.String() + " (busiest)"
	if d.WAL {
		name = d.Name.String() + " (WAL)"
	}
	return fmt.Sprintf("%s\t%s\t%s\t%s", cpu, name, panes.Number(d.Util), panes.Number(d.WriteAwait))
}

func ageWord(a cluster.Access, at time.Time) string {
	age, ok := a.Age(at)
	if !ok {
		return "?"
	}
	return panes.Age(age)
}

func lagAgeWord(l *cluster.Lag) string {
	if l.Taken.IsZero() {
		return "?"
	}
	return panes.Age(l.Age)
}

// trimLines removes the blanks that the columns leave at the ends of lines.
func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
}
