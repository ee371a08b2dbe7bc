package tui

import (
	"cmp"
	"os"
	"time"

	"github.com/stemedb/stemetop/panes"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Options are what the screen shows, and what it may do.
type Options struct {
	Timeline Timeline
	// Changed signals, coalesced, that observations were folded in. The sender
	// must not wait for it to be taken: it is read while the first rounds come in
	// and after a change of the interval, not in between. In a replay, that more
	// is known of what lies before the instant shown. May be nil in a replay.
	Changed <-chan struct{}
	// Passphrases are asked in a dialog, one after the other. May be nil.
	Passphrases <-chan PassphraseRequest
	Clock       Clock
	// Actions can change the cluster; nil in a replay and where nothing may be
	// changed: then there is nothing in the program that could.
	Actions Actor
	// Acted signals, coalesced, that the state of Actions is another one. May be nil.
	Acted <-chan struct{}

	Replay   bool          // Timeline is a recording: begin at its first instant, and play
	ReadOnly bool          // said in the header
	Interval time.Duration // between readings; 1 s where it is not positive

	SetInterval func(time.Duration) // changes the interval; nil where there is none to change
	AddNote     func(cluster.Text)  // nil where there is nothing to write a note into
	// Measure begins to measure what a pane shows on demand, of a node; stop ends it
	// and returns at once. Nil where nothing can be measured, as in a replay.
	Measure func(pane panes.Name, node cluster.NodeID) (stop func())
	// Recording tells how the recorder stands, and whether it fails; in a replay what
	// of the recording can't be read, and whether there is such. May be nil.
	Recording  func() (text cluster.Text, fails bool)
	Version    string         // of the program, for the help
	Escalation []cluster.Text // whom to call when a condition of escalation holds, in order

	Theme string // one of Themes; empty is auto
	ASCII bool   // draw with ASCII only; text of nodes stays as it is

	Input   *os.File // os.Stdin where nil; the controlling terminal where it is none
	Output  *os.File // os.Stdout where nil
	Environ []string // os.Environ() where nil
}

func (o Options) withDefaults() Options {
	o.Interval = cmp.Or(max(o.Interval, 0), time.Second)
	o.Input, o.Output = cmp.Or(o.Input, os.Stdin), cmp.Or(o.Output, os.Stdout)
	o.Theme = cmp.Or(o.Theme, "auto")
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	return o
}
