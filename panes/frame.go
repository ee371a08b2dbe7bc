package panes

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Mode says which instant the screen shows.
type Mode uint8

// The modes.
const (
	Live   Mode = iota // the newest there is, moving on
	Paused             // an earlier instant, while collection goes on
	Replay             // an instant of a recording
)

// String returns the mode word of the header.
func (m Mode) String() string {
	switch m {
	case Paused:
		return "PAUSED"
	case Replay:
		return "REPLAY"
	case Live:
		return "LIVE"
	default:
		return "?"
	}
}

// Name names a pane, for focus, titles and scrolling.
type Name uint8

// The panes of the overview, in the order of their digits.
const (
	NoPane Name = iota
	PaneReplicas
	PaneChart
	PaneHost
	PaneSync
	PaneEvents
	PaneHosts
	PaneAlerts
	PaneWhy
	PaneChecklist // without a digit, as those below
	PaneMachines
	PanePath
	PaneTrace // measured while it is looked at, as the next
	PaneWriters
	PaneLog
	NumPanes // how many names there are, NoPane included
)

// Frame is all that a pane may look at. It is made anew for every draw; panes
// keep no data, so the same frame gives the same bytes, live or in a replay.
// "Now" is Snap.At. A nil Snap or Styles is drawn as nothing known, unstyled.
type Frame struct {
	Snap     *cluster.Snapshot
	Selected cluster.NodeID   // the replica below the cursor
	Rows     []cluster.NodeID // replicas in the order shown, after sort and filter
	Top      int              // index in Rows of the first row drawn; see VisibleRows

	Window time.Duration // of sparklines and chart; 10 minutes where it is not positive
	Mode   Mode
	// Speed is how many times faster than real time the screen's time runs: the
	// process' clock when live (a demo's --speed), the player in a replay, where
	// 0 means that it stands.
	Speed float64
	// Edge is the newest instant that there is to go to: the live now while
	// paused, the end of a recording in a replay. Zero when live.
	Edge     time.Time
	ReadOnly bool
	MayAct   bool // the keys of actions do something now
	// Unrecorded says that actions pass without an audit journal, by somebody's
	// word.
	Unrecorded bool

	Filter    cluster.Text // what Rows was filtered by; empty for all
	Message   cluster.Text // answer to the last key, for the status line
	Doing     cluster.Text // what of an action is going on now, for the status line
	Recording cluster.Text // e.g. "recording to x"; empty for nothing to say
	// Unsaved says that Recording is why nothing is recorded, though it should be, or
	// what of the recording that is replayed can't be read.
	Unsaved bool

	LogShow   LogShow      // which lines of the logs are shown
	LogFilter cluster.Text // which of those: with this in them; empty for all
	LogUntil  time.Time    // the newest line shown came in before; zero follows

	// Escalation is whom to call when a condition of escalation holds, in order.
	Escalation []cluster.Text
	// Forecasts remembers what was reckoned for Snap; nil costs time only.
	Forecasts *Forecasts

	Focus  Name
	Scroll [NumPanes]int // first line drawn of a pane that is taller than its place
	Styles *Styles
}

// styles returns the frame's styles, plain ones where it has none.
func (f *Frame) styles() *Styles {
	if f.Styles == nil || f.Styles.Glyphs == nil {
		return Plain()
	}
	return f.Styles
}

// node returns the node below the cursor, primary or replica, or nil.
func (f *Frame) node() *cluster.Node {
	if f.Snap == nil || f.Selected == "" {
		return nil
	}
	if r := f.Snap.Replica(f.Selected); r != nil {
		return &r.Node
	}
	if f.Snap.Primary.ID == f.Selected {
		return &f.Snap.Primary.Node
	}
	return nil
}

// replica returns the replica below the cursor, or nil.
func (f *Frame) replica() *cluster.Replica {
	if f.Snap == nil {
		return nil
	}
	return f.Snap.Replica(f.Selected)
}

// defaultWindow is the least window that is asked for by a key.
const defaultWindow = 10 * time.Minute

// asked returns the span that sparklines and charts are to show.
func (f *Frame) asked() time.Duration {
	if f.Window <= 0 {
		return defaultWindow
	}
	return f.Window
}

// window returns the span that they do show. As long as there is little to show
// the default one is shorter, in two steps: the first minutes of an incident
// would be a column or two at the edge of nothing.
func (f *Frame) window() time.Duration {
	w := f.asked()
	if w != defaultWindow || f.Snap == nil || f.Snap.FirstSeen.IsZero() {
		return w
	}
	for _, short := range [...]time.Duration{2 * time.Minute, 5 * time.Minute} {
		if f.Snap.At.Sub(f.Snap.FirstSeen) < short {
			return short
		}
	}
	return w
}
