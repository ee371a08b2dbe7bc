package recording

import (
	"cmp"
	"slices"

	"github.com/stemedb/stemetop/sources/cluster"
)

// keyframe returns the observations that rebuild s, arranged to cost little: the
// counters of one family were read in the same scrapes, so that each list of
// points next to another of its family costs next to nothing.
func keyframe(s *cluster.State) []cluster.Observation {
	list := s.Keyframe()
	for i := range list {
		if r, ok := list[i].Body.(*cluster.Recall); ok {
			slices.SortStableFunc(r.Counts, func(a, b cluster.CountRecall) int { return cmp.Compare(a.Family, b.Family) })
		}
	}
	return list
}
