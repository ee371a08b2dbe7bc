package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// maxIntent is how many bytes an intent may have, and maxOpen how many all that
// are open at once: they are carried over into a new segment, in one record. It
// takes hundreds, since few of them are near the first: what nobody settled for
// months must not forbid a limit tonight.
const (
	maxIntent = 32 << 10
	maxOpen   = 24 * maxIntent
)

// The verdict of an outcome that leaves its action open.
const ambiguous = "ambiguous"

// resolves tells whether an effect or a resolution says what an action did.
func resolves(verdict string) bool {
	switch verdict {
	case "applied", "not_applied", "effective", "no_effect", "regressed":
		return true
	}
	return false
}

// fold applies a raw record to what is open. What it can't read has no bearing:
// its hash was right, so a later version wrote it.
func fold(open []OpenAction, rec []byte) []OpenAction {
	var r Record
	if json.Unmarshal(rec, &r) != nil {
		return open
	}
	return apply(open, r)
}

func apply(open []OpenAction, r Record) []OpenAction {
	drop := func(action string) []OpenAction {
		return slices.DeleteFunc(open, func(o OpenAction) bool { return o.Intent.Action == action })
	}
	switch {
	case r.Lost != nil:
		return append(open, r.Lost.Open...)
	case r.Intent != nil && find(open, r.Intent.Action) < 0: // not carried over already
		return append(open, OpenAction{At: r.Wall, Intent: *r.Intent})
	case r.Outcome != nil && r.Outcome.Verdict != ambiguous:
		return drop(r.Outcome.Action)
	case r.Outcome != nil:
		if i := find(open, r.Outcome.Action); i >= 0 {
			open[i].Outcome = r.Outcome
		}
	case r.Resolution != nil && resolves(r.Resolution.Verdict):
		return drop(r.Resolution.Action)
	case r.Effect != nil && r.Effect.Final && resolves(r.Effect.Verdict):
		return drop(r.Effect.Action)
	}
	return open
}

func find(open []OpenAction, action string) int {
	return slices.IndexFunc(open, func(o OpenAction) bool { return o.Intent.Action == action })
}

// admissible says why a record does not follow from those before it.
func admissible(open []OpenAction, r Record) error {
	switch {
	case r.Intent != nil:
		return admitIntent(open, *r.Intent)
	case r.Outcome != nil:
		i := find(open, r.Outcome.Action)
		if i < 0 || open[i].Outcome != nil {
			return fmt.Errorf("action %q has no intent without outcome", r.Outcome.Action)
		}
	case r.Resolution != nil:
		if find(open, r.Resolution.Action) < 0 {
			return fmt.Errorf("action %q is not open", r.Resolution.Action)
		}
	}
	return nil
}

func admitIntent(open []OpenAction, in Intent) error {
	b, err := marshal(in)
	switch {
	case err != nil:
		return err
	case in.Action == "":
		return errors.New("an intent without an action id")
	case find(open, in.Action) >= 0:
		return fmt.Errorf("action %q is open already", in.Action)
	case len(b) > maxIntent:
		return fmt.Errorf("an intent of %d bytes is too large", len(b))
	}
	carried, err := marshal(open)
	switch {
	case err != nil:
		return err
	case len(carried)+len(b) > maxOpen:
		return fmt.Errorf("%d actions are open: say first what became of them", len(open))
	}
	return nil
}
