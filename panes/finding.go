package panes

import (
	"strings"
	"time"

	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
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
		f.styles().lookOf(&r.Lag, cluster.LimitsOf(f.Snap)).word + ", lag " + Lag(r.Lag.Seconds) + " (" + r.Lag.State.String() + ")"
	if cluster.SeverityOf(&r.Lag, cluster.LimitsOf(f.Snap)) != cluster.SeverityUnknown {
		fc := f.forecast(r)
		head += ", " + fc.Outlook()
	} else if !r.Lag.Why.IsZero() {
		head += ", " + r.Lag.Why.String()
	}
	lines := []string{head, "behind " + Count(r.Assertions.Behind) + ", applies " + Rate(r.Assertions.PerSecond) +
		", sync " + syncWords(&r.Sync) + ", breaker " + r.Breaker.State.String()}
	if scores := f.scoreWords(r); len(scores) > 0 {
		lines = append(lines, "forecast "+scores[0])
	}
	for i := range f.Snap.Escalations {
		e := &f.Snap.Escalations[i]
		lines = append(lines, "escalate: "+reasonText(f.Snap, e.Reason.String())+": "+names(e.Replicas, 5)+since(e))
	}
	if ours := alertWords(f, r); len(ours) > 0 {
		lines = append(lines, "alerts: "+strings.Join(ours, "; "))
	}
	if theirs := theirWords(f.Snap, r); len(theirs) > 0 {
		lines = append(lines, theirHeading(f)+": "+strings.Join(theirs, "; "))
	}
	lines = append(lines, verdictText(f)...)
	see, _ := linkWords(f.Snap, r)
	for _, words := range see {
		lines = append(lines, "see "+words)
	}
	return strings.Join(lines, "\n")
}

// alertWords are the alerts of a replica that are not quiet.
func alertWords(f *Frame, r *cluster.Replica) []string {
	var list []string
	for i := range r.Alerts {
		a := &r.Alerts[i]
		switch {
		case a.State == cluster.AlertInactive || a.Since.IsZero(): // quiet, or never seen
		case a.State == cluster.AlertPending:
			list = append(list, a.Rule.String()+" "+pendingText(a, f.Snap.At)+alertNote(a))
		default:
			list = append(list, a.Rule.String()+" "+a.State.String()+" since "+clock(a.Since)+alertNote(a))
		}
	}
	return list
}

// Handover is the runbook's card for whoever takes over, as plain text: at most
// 12 lines of 72 columns. It is empty where nothing is known.
func Handover(f *Frame) string {
	if f.Snap == nil {
		return ""
	}
	forecasts := map[cluster.NodeID]runbook.Forecast{}
	if r := cluster.WorstReplica(f.Snap); r != nil && cluster.SeverityOf(&r.Lag, cluster.LimitsOf(f.Snap)) != cluster.SeverityUnknown {
		forecasts[r.ID] = f.forecast(r)
	}
	return strings.Join(plain(runbook.Handover(f.Snap, forecasts)), "\n")
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
