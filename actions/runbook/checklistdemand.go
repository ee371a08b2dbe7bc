package runbook

import (
	"strconv"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// What runs something on a host is looked at only when somebody asks for it.

// fromTrace is the path hop by hop, where somebody has looked at it.
func fromTrace(_ *cluster.Snapshot, r *cluster.Replica) cluster.Access {
	t := &r.Network.Trace
	return onDemand(len(t.Hops) > 0, cluster.Access{Newest: t.At}, t.Why, "M traces it while it is shown")
}

// fromWriters is who writes on the replica's host, likewise.
func fromWriters(_ *cluster.Snapshot, r *cluster.Replica) cluster.Access {
	w := &r.Host.Writers
	return onDemand(w.Interval > 0, cluster.Access{Newest: w.At}, w.Why, "I tells who writes while it is shown")
}

func onDemand(known bool, a cluster.Access, why cluster.Text, how string) cluster.Access {
	a.Configured, a.Reachable = true, known
	switch {
	case known:
	case why.IsZero():
		a.Err = cluster.Fail(cluster.FailConnecting, how, "")
	default:
		a.Err = &cluster.Failure{Kind: cluster.FailUnsupported, What: why}
	}
	return a
}

// leastSent is how many packets a path is judged by.
const leastSent = 10

// lookAtTrace goes by the end of the path alone: routers on it may leave packets
// unanswered that they forward.
func lookAtTrace(_ *cluster.Snapshot, r *cluster.Replica) (evidence string, finding, known bool) {
	t := &r.Network.Trace
	end := &t.Hops[len(t.Hops)-1]
	words := strconv.Itoa(len(t.Hops)) + plural(len(t.Hops), " hop", " hops") + " by " + t.By.String()
	lost := end.Sent - end.Back
	switch {
	case end.Sent == 0:
		return words, false, false
	case end.Back == 0 && len(t.Hops) > 1:
		return words + ", no answer beyond " + t.Hops[len(t.Hops)-2].Address.String(), true, true
	case end.Back == 0:
		return words + ", no answer", true, true
	}
	share := float64(lost) / float64(end.Sent) * 100
	words += ", at its end loss " + percent(share) + ", rtt " + milliseconds(end.Mean.Seconds()*1000)
	return words, lost > 1 && share >= highLoss, end.Sent >= leastSent || lost == 0
}

// muchWritten is from which rate another program's writing counts as competition, in
// bytes/s: a percent of what the runbook expects of the disk.
const muchWritten = 1e6

func lookAtWriters(_ *cluster.Snapshot, r *cluster.Replica) (evidence string, finding, known bool) {
	w := &r.Host.Writers
	if len(w.Writers) == 0 {
		return because("no process that may be read wrote anything", w.Why), false, w.Denied == 0
	}
	own := map[int]bool{}
	for i := range r.Host.Processes {
		own[r.Host.Processes[i].PID] = true
	}
	var words []string
	for _, x := range w.Writers[:min(len(w.Writers), 3)] {
		rate := float64(x.Written) / w.Interval.Seconds()
		if rate > 0 {
			words = append(words, x.Command.String()+" "+bytesPerSecond(rate))
			finding = finding || (!own[x.PID] && rate >= muchWritten && r.Host.ProcessesKnown)
		}
	}
	if len(words) == 0 {
		words = append(words, "nothing is written")
	}
	text := strings.Join(words, ", ")
	if w.Denied > 0 {
		text += "; " + w.Why.String()
	}
	return text, finding, true
}
