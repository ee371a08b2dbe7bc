package tui

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// order is how the table is sorted.
type order uint8

const (
	worstFirst order = iota
	byName
	asConfigured
	numOrders
)

func (o order) String() string {
	return [...]string{"worst first", "by name", "as configured"}[o]
}

// rows is the table's order, its cursor and its scroll. The cursor is on a
// replica, not on a place: what is selected changes only by a key.
//
// Until the cursor is moved it rests on the worst replica. From then on the
// selected replica keeps its place in the table when the order changes, and the
// others are sorted around it, so that it never moves from under the cursor.
type rows struct {
	ids    []cluster.NodeID
	sel    cluster.NodeID
	moved  bool // by the person, since which the cursor is theirs
	top    int  // first row shown
	shown  int  // rows that fit
	order  order
	filter string
	gen    uint64 // changes with ids
}

// sort takes over what s knows: who is there, and in which order.
func (t *rows) sort(s *cluster.Snapshot) {
	if s == nil {
		return
	}
	place := slices.Index(t.ids, t.sel)
	sorted := t.sorted(s)
	t.gen++
	was := t.sel
	i := slices.Index(sorted, t.sel)
	switch {
	case len(sorted) == 0:
		t.sel = ""
	case !t.moved:
		t.sel = worst(s, sorted, t.sel)
	case i < 0: // gone: the cursor stays where it is
		t.sel = sorted[min(max(place, 0), len(sorted)-1)]
	case place >= 0: // the selected one keeps its place
		sorted = slices.Insert(slices.Delete(sorted, i, i+1), min(place, len(sorted)-1), t.sel)
	}
	t.ids = sorted
	if t.sel != was || place < 0 {
		t.reveal()
	}
	t.clamp()
}

// sorted returns the replicas of s that pass the filter, in order.
func (t *rows) sorted(s *cluster.Snapshot) []cluster.NodeID {
	rs := make([]*cluster.Replica, 0, len(s.Replicas))
	for i := range s.Replicas {
		if t.passes(&s.Replicas[i]) {
			rs = append(rs, &s.Replicas[i])
		}
	}
	switch t.order {
	case byName:
		slices.SortStableFunc(rs, func(a, b *cluster.Replica) int { return cmp.Compare(a.ID, b.ID) })
	case worstFirst:
		sortByNeed(rs, cluster.LimitsOf(s))
	case asConfigured:
	default:
	}
	ids := make([]cluster.NodeID, len(rs))
	for i, r := range rs {
		ids[i] = r.ID
	}
	return ids
}

func (t *rows) passes(r *cluster.Replica) bool {
	return t.filter == "" || strings.Contains(strings.ToLower(r.Name.String()), strings.ToLower(t.filter))
}

// sortByNeed puts the worst first, as the header names it. Those that need
// nobody keep their configured order.
func sortByNeed(rs []*cluster.Replica, limits cluster.Thresholds) {
	slices.SortStableFunc(rs, func(a, b *cluster.Replica) int {
		if well(a, limits) && well(b, limits) {
			return 0
		}
		return cluster.CompareReplicas(a, b, limits)
	})
}

func well(r *cluster.Replica, limits cluster.Thresholds) bool {
	return cluster.SeverityOf(&r.Lag, limits) == cluster.SeverityOK
}

// worst returns the one of ids that needs a person most; was where nobody is
// needed: of those that are well, the cursor rests where it is.
func worst(s *cluster.Snapshot, ids []cluster.NodeID, was cluster.NodeID) cluster.NodeID {
	limits, in := cluster.LimitsOf(s), make(map[cluster.NodeID]bool, len(ids))
	for _, id := range ids {
		in[id] = true
	}
	var w *cluster.Replica
	for i := range s.Replicas {
		if r := &s.Replicas[i]; in[r.ID] && (w == nil || cluster.CompareReplicas(r, w, limits) < 0) {
			w = r
		}
	}
	switch {
	case w != nil && !well(w, limits):
		return w.ID
	case in[was]:
		return was
	}
	return ids[0]
}

// move puts the cursor n rows further; the order stays as it is.
func (t *rows) move(n int) {
	if len(t.ids) == 0 {
		return
	}
	i := min(max(slices.Index(t.ids, t.sel)+n, 0), len(t.ids)-1)
	t.sel, t.moved = t.ids[i], true
	t.reveal()
}

// hold makes the cursor the person's, where it is: what was acted on stays to be
// looked at when another is worse.
func (t *rows) hold() { t.moved = t.sel != "" }

// resort sorts by a new order or filter, which a key has asked for: the selected
// replica goes where it belongs, and the cursor with it.
func (t *rows) resort(s *cluster.Snapshot) {
	t.ids = nil
	t.sort(s)
}

// release gives the cursor back to the worst replica.
func (t *rows) release(s *cluster.Snapshot) {
	t.moved = false
	t.sort(s)
}

// resize takes over how many rows fit.
func (t *rows) resize(shown int) {
	if t.shown = max(shown, 0); t.shown > 0 {
		t.reveal()
	}
}

// reveal scrolls as little as shows the cursor.
func (t *rows) reveal() {
	i := slices.Index(t.ids, t.sel)
	if i >= 0 {
		t.top = min(t.top, i)
		t.top = max(t.top, i-max(t.shown, 1)+1)
	}
	t.clamp()
}

func (t *rows) clamp() { t.top = max(min(t.top, len(t.ids)-t.shown), 0) }
