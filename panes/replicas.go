package panes

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// gutter is the room left of the table: there is more, and the cursor.
const gutter = 3

// VisibleRows returns how many rows of Replicas are drawn in h lines: all but
// the line of heads.
func VisibleRows(h int) int { return max(h-1, 0) }

// Replicas draws the table of replicas: Rows from Top on, the cursor on Selected.
func Replicas(f *Frame, w, h int) string {
	p := f.page(w, h)
	if p.full() {
		return p.String()
	}
	t := newTable(f, w, VisibleRows(h))
	heads(p, t.columns, gutter, t.sep)
	if len(t.rows) == 0 {
		p.paragraph(p.s.Label, emptyTable(f), gutter, 3)
	}
	for i := range t.rows {
		p.tableRow(t, i)
	}
	return p.String()
}

// emptyTable says why there are no rows.
func emptyTable(f *Frame) string {
	switch {
	case f.Snap == nil:
		return "no reading yet"
	case len(f.Snap.Replicas) > 0 && !f.Filter.IsZero():
		return "no replica matches the filter " + f.Filter.String()
	case f.Snap.Primary.Metrics.Err != nil:
		return "no replica known: " + failureText(f.Snap.Primary.Metrics.Err)
	}
	return "no replica known yet: they are discovered from the primary's lag series"
}

// table is one draw of the replica table.
type table struct {
	f          *Frame
	columns    []column[*tableLine]
	sep        int
	rows       []tableLine
	limits     cluster.Thresholds
	sparkTop   float64
	more, less bool
}

// tableLine is a visible row.
type tableLine struct {
	t    *table
	r    *cluster.Replica // nil if Rows names one that the snapshot lacks
	id   cluster.NodeID
	look look
	past []cluster.Bucket
	seen bool // past has at least one measurement
}

func newTable(f *Frame, w, visible int) *table {
	t := &table{f: f, limits: cluster.LimitsOf(f.Snap)}
	top := max(0, min(f.Top, len(f.Rows)-visible))
	shown := f.Rows[top:min(len(f.Rows), top+max(visible, 0))]
	t.less, t.more = top > 0, top+len(shown) < len(f.Rows)
	t.find(shown)
	var buckets int
	var width time.Duration
	t.columns, t.sep, buckets, width = tableColumns(f, w-gutter)
	t.load(buckets, width)
	return t
}

// find looks the visible rows up in one pass over the snapshot: a search for
// each would cost the square of a thousand.
func (t *table) find(shown []cluster.NodeID) {
	t.rows = make([]tableLine, len(shown))
	at := make(map[cluster.NodeID]int, len(shown))
	for i, id := range shown {
		t.rows[i] = tableLine{t: t, id: id}
		at[id] = i
	}
	if t.f.Snap == nil {
		return
	}
	s := t.f.styles()
	for i := range t.f.Snap.Replicas {
		r := &t.f.Snap.Replicas[i]
		if j, ok := at[r.ID]; ok {
			t.rows[j].r, t.rows[j].look = r, s.lookOf(&r.Lag, t.limits)
		}
	}
}

// load reads the past of the visible rows and settles their common scale. It
// never goes below the warning limit, so that a quiet cluster looks quiet.
func (t *table) load(n int, width time.Duration) {
	top := t.limits.Warning.Seconds()
	for i := range t.rows {
		l := &t.rows[i]
		if l.r == nil || n == 0 {
			continue
		}
		l.past = t.f.buckets(l.id, cluster.QuantityLag, n, width)
		v, ok := peak(l.past)
		l.seen = ok
		top = max(top, v)
	}
	t.sparkTop = ceiling(top)
	for i := range t.columns {
		if t.columns[i].head == sparkHead {
			t.columns[i].head = sparkTitle(n, width, t.sparkTop, t.columns[i].width)
		}
	}
}

func (p *page) tableRow(t *table, i int) {
	l := &t.rows[i]
	cursor := l.id == t.f.Selected
	if cursor {
		p.under(p.s.Cursor)
	}
	switch {
	case i == 0 && t.less:
		p.repeat(p.s.Label, p.g.Less, 1)
	case i == len(t.rows)-1 && t.more:
		p.repeat(p.s.Label, p.g.More, 1)
	default:
		p.space(1)
	}
	if cursor {
		p.repeat(p.s.Text, p.g.Cursor, 1)
	}
	p.to(gutter)
	if l.r == nil {
		p.left(p.s.Unknown, "UNKNOWN "+string(p.g.Unknown), 10)
		p.put(p.s.Name, l.id.Text().String())
	} else {
		cellsOf(p, t.columns, l, t.sep)
	}
	p.end()
}
