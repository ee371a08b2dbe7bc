package actions

import (
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Event is something that happened, and when.
type Event struct {
	Now  Now
	What What
}

// What is what happened. The set is closed.
type What interface{ what() }

type (
	// Propose asks for a plan. It opens a dialog, unless one is in use.
	Propose struct {
		ID  string // random; the plan's, and that of the action that may become of it
		Ask Ask
	}
	// Key is a key that was pressed while a dialog is open, by the name that the
	// terminal library gives it: "y", "esc", "enter", "backspace".
	Key struct {
		Name   string
		Repeat bool // known to be one of a key that is held
	}
	// Choose takes another rate for the plan that is shown: N, else where By is 1 or
	// -1 the next step of the ramp above or below the present one, else the one that
	// is suggested.
	Choose struct {
		N  int64
		By int
	}
	// Paste is text that was pasted. What it is does not matter.
	Paste struct{}
	// Focus says whether the terminal has it.
	Focus struct{ On bool }
	// Fit says whether the terminal is large enough for the dialog.
	Fit struct{ OK bool }
	// Painted says that a dialog, with what it shows now, is on the screen. The
	// first one for each Dialog.Shown counts.
	Painted struct{ Shown uint64 }
	// Tick says that time has passed.
	Tick struct{}
	// Say is a word from a line rather than from keys: nobody types ahead of a
	// question there. It confirms if it is the plan's, and what was shown is what
	// the dialog shows.
	Say struct {
		Word  string
		Shown uint64 // Dialog.Shown of what was printed
	}
	// Drop means no, as esc does, where nobody pressed a key: Why is recorded.
	Drop struct{ Why string }
	// Seen brings what is known of the cluster now.
	Seen struct {
		For   string // of the ReadFacts that it answers; empty for a new snapshot
		World World
	}
	// Recorded says that an intent, or a resolution, is on disk, or why not.
	Recorded struct {
		Action string
		Err    error
	}
	// Overridden says whether actions pass without a journal now.
	Overridden struct{ Err error }
	// Answered is the end of a request.
	Answered struct {
		Action string
		Result admin.Result
	}
	// Told is what is known of a deed that is being carried out.
	Told struct {
		Action string
		Text   cluster.Text
	}
	// Resolve is somebody's word on an outcome that is not known.
	Resolve struct {
		Action  string
		Applied bool
	}
	// Trouble says that a record of something that has happened could not be
	// written, or by a nil Err that one could. A Minor one is of what was not done.
	Trouble struct {
		Err   error
		Minor bool
	}
	// Halt ends the running ramp. The limit stays where it is.
	Halt struct{}
	// Restored is what the journal tells of this and other runs.
	Restored struct {
		Open    []Unresolved
		Changes []LimitChange // those that stand one upon the other, oldest first
		Who     Standing
		Limits  []string                     // the actions that asked for a limit, in the order of their intents
		Resets  map[cluster.NodeID]time.Time // when each agent's breaker was reset last
		Peace   time.Time                    // until when the server wants to be left alone, by its newest word; zero for none
		Damage  cluster.Text                 // what is wrong with the journal, so that some of it is not told; empty for nothing
		Unread  bool                         // its newest part can't be read at all: Damage says why, and the rest is empty
	}
)

func (Propose) what()    {}
func (Key) what()        {}
func (Choose) what()     {}
func (Paste) what()      {}
func (Focus) what()      {}
func (Fit) what()        {}
func (Painted) what()    {}
func (Tick) what()       {}
func (Say) what()        {}
func (Drop) what()       {}
func (Seen) what()       {}
func (Recorded) what()   {}
func (Overridden) what() {}
func (Answered) what()   {}
func (Told) what()       {}
func (Resolve) what()    {}
func (Trouble) what()    {}
func (Halt) what()       {}
func (Restored) what()   {}

// Do is an effect: something to be done. The set is closed.
type Do interface{ do() }

type (
	// ReadFacts reads the limit and who answers, and takes a snapshot: a Seen
	// brings them.
	ReadFacts struct {
		For string
		Ask Ask // for the action's Look
		// Within bounds that Look, in real time; 0 for as long as the limit may take.
		Within time.Duration
		// Anew asks the primary, and the node that is acted upon, for what they are
		// polled for too, and waits for it.
		Anew bool
	}
	// WriteIntent writes an intent to the journal, to the disk: a Recorded tells.
	WriteIntent struct {
		Intent journal.Intent
		// Copy goes on the stream, with the record's place in the journal.
		Copy cluster.ActionStep
	}
	// WriteRecord writes anything else. A Recorded tells of a resolution.
	WriteRecord struct {
		Record journal.Record
		// Copy goes on the stream, with the record's place in the journal.
		Copy cluster.ActionStep
	}
	// Override lets intents pass that can't be written: an Overridden tells.
	Override struct{ Word string }
	// Send carries a deed out, once: an Answered tells.
	Send struct {
		Action    string // goes along as X-Request-Id
		Kind      Kind
		Deed      Deed
		Confirmed string // digest of what was confirmed
		Peer      admin.Peer
	}
	// StopWaiting ends the waiting for an answer. What left is not taken back.
	StopWaiting struct{ Action string }
)

func (ReadFacts) do()   {}
func (WriteIntent) do() {}
func (WriteRecord) do() {}
func (Override) do()    {}
func (Send) do()        {}
func (StopWaiting) do() {}
