package runbook

import (
	"fmt"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// corruption says what the server tells of corrupt data of a replica: by its counter
// of syncs that reported some, by the reason of the replica's breaker, and by the
// logs: its own, and the primary's where it names the replica. What was counted before we looked is reported only of a replica that is not well: a counter
// keeps what was repaired long ago.
func corruption(s *cluster.Snapshot, r *cluster.Replica) (words string, reported, known bool) {
	var list []string
	if n, ok := r.Sync.Corruptions.Value(); ok {
		fresh, _ := r.Sync.NewCorruptions.Value()
		known, reported = true, fresh > 0 || n > 0 && sick(s, r)
		w := fmt.Sprintf("%.0f syncs reported corruption", n)
		if n > 0 {
			w += fmt.Sprintf(", %.0f of them of late", fresh)
		}
		list = append(list, w)
	}
	for _, b := range r.Breaker.Tripped() {
		if cluster.Corruption(b.Reason) {
			known, reported = true, true
			list = append(list, "breaker: "+b.Reason.String())
		}
	}
	if x := corruptLine(s, r); x.line != nil {
		known, reported = true, true
		list = append(list, x.words())
	} else if r.Log.Reachable {
		known = true
		list = append(list, "no report of it in its log")
	}
	return strings.Join(list, "; "), reported, known
}

func lookAtCorruption(s *cluster.Snapshot, r *cluster.Replica) (evidence string, finding, known bool) {
	words, reported, known := corruption(s, r)
	if !known {
		return "no counter of syncs that reported corruption, and no log", false, false
	}
	return words, reported, true
}
