package panes

import (
	"strings"
	"time"
)

// Finding is what is known of the selected replica as plain text, fit for a chat:
// the state in one line, then the verdict with its evidence. It is empty where no
// replica is selected.
func Finding(f *Frame) string {
	r := f.replica()
	if r == nil {
		return ""
	}
	head := f.Snap.At.UTC().Format(time.RFC3339) + " " + clusterName(f) + " " + r.Name.String() + ": " +
		f.styles().lookOf(&r.Lag, Limits(f.Snap)).word + ", lag " + Lag(r.Lag.Seconds) + " (" + r.Lag.State.String() + ")"
	if SeverityOf(&r.Lag, Limits(f.Snap)) != SeverityUnknown {
		fc := f.forecast(r)
		head += ", " + outlook(&fc)
	} else if !r.Lag.Why.IsZero() {
		head += ", " + r.Lag.Why.String()
	}
	lines := []string{head, "behind " + Count(r.Assertions.Behind) + ", applies " + Rate(r.Assertions.PerSecond) +
		", sync " + syncWords(&r.Sync) + ", breaker " + r.Breaker.State.String()}
	for i := range f.Snap.Escalations {
		e := &f.Snap.Escalations[i]
		lines = append(lines, "escalate: "+reasonText(f.Snap, e.Reason.String())+": "+names(e.Replicas, 5)+since(e))
	}
	return strings.Join(append(lines, verdictText(f)...), "\n")
}

// verdictText is the verdict on the selected replica, a line for each part.
func verdictText(f *Frame) []string {
	v := &f.replica().Verdict
	if !judged(v) {
		return []string{"cause: not judged yet"}
	}
	lines := []string{"cause: " + causeWords(v)}
	if !v.Since.IsZero() {
		lines[0] += " since " + clock(v.Since)
	}
	for _, part := range []struct {
		name  string
		texts []string
	}{{"for", plain(v.For)}, {"against", plain(v.Against)}, {"missing", plain(v.Missing)}, {"next", nextStep(v)}} {
		if len(part.texts) > 0 {
			lines = append(lines, part.name+": "+strings.Join(part.texts, "; "))
		}
	}
	return lines
}
