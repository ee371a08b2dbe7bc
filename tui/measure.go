package tui

import (
	"github.com/stemedb/stemetop/panes"
	"github.com/stemedb/stemetop/sources/cluster"
)

// measuring is what is measured because it is on screen.
type measuring struct {
	pane panes.Name // NoPane while nothing is
	node cluster.NodeID
	stop func()
}

// measureShown begins and ends what is measured on demand, so that it is always what
// the screen shows: whatever closed a pane or moved the cursor has ended it.
func (m *model) measureShown() {
	pane, node := m.toMeasure()
	if pane == m.measure.pane && node == m.measure.node {
		return
	}
	m.measureNone()
	if pane != panes.NoPane {
		m.measure = measuring{pane, node, m.o.Measure(pane, node)}
	}
}

// measureNone ends what is measured.
func (m *model) measureNone() {
	if m.measure.stop != nil {
		m.measure.stop()
	}
	m.measure = measuring{}
}

// toMeasure returns which pane on screen has to be measured, and of which node.
func (m *model) toMeasure() (panes.Name, cluster.NodeID) {
	shown := m.kind == zoomed && (m.focus == panes.PaneTrace || m.focus == panes.PaneWriters || m.focus == panes.PaneSync)
	if !shown || m.o.Measure == nil || m.snap == nil || m.rows.sel == "" {
		return panes.NoPane, ""
	}
	if m.primary && m.focus == panes.PaneWriters {
		return m.focus, m.snap.Primary.ID
	}
	return m.focus, m.rows.sel
}
