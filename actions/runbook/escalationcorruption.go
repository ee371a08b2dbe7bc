package runbook

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// corruption says what the server tells of corrupt data of a replica: by its counter
// of syncs that reported some, and by the reason of the replica's breaker. What was
// counted before we looked is reported only of a replica that is not well: a counter
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
	if r.Breaker.State == cluster.BreakerTripped && speaksOfCorruption(r.Breaker.Reason) {
		known, reported = true, true
		list = append(list, "breaker: "+r.Breaker.Reason.String())
	}
	return strings.Join(list, "; "), reported, known
}

// speaksOfCorruption tells whether a text of the server's does.
func speaksOfCorruption(t cluster.Text) bool {
	text := strings.ToLower(t.String())
	return slices.ContainsFunc([]string{"corrupt", "checksum mismatch"}, func(w string) bool { return strings.Contains(text, w) })
}

func lookAtCorruption(s *cluster.Snapshot, r *cluster.Replica) (evidence string, finding, known bool) {
	words, reported, known := corruption(s, r)
	if !known {
		return "no counter of syncs that reported corruption", false, false
	}
	return words, reported, true
}
