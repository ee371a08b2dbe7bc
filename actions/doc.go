// Package actions is what can be done to the cluster, from the key to its effect:
// propose, preview, confirm, check again, record, send once, judge, verify.
//
// All of it is one pure reducer, Step: a State and an Event give the next State
// and effects. Time stands in the event. The Runner gives it its events and
// carries the effects out, by the admin client and the audit journal; a screen
// that may not act has no Runner at all.
//
// # How a screen uses it
//
// It holds a *Runner, nil in a replay and with --read-only, and does four things:
//
//   - A key of the table (Action.Key) or a choice from a menu of Runner.Table calls
//     Runner.Do(Propose{Ask: …}), after it asked for what Action.Needs says. Ask.N
//     of 0 lets the plan suggest a rate. The Runner fills in the id.
//   - While Runner.State().Dialog is not nil it draws that: Phase, Plan (Title,
//     Tier, Deed.Lines, Facts, Warn, Expect, Stop, Undo, Blocked), Changed, Note,
//     Typed, Refusal, Result, Finding. Every key goes to Runner.Do(Key{…}), every
//     paste to Paste (with nothing of its text), focus and resizes to Focus and
//     Fit. Of Phase Verifying on, the screen may keep other keys for itself and
//     pass only esc and enter on, which close the dialog; the action goes on.
//   - After it has drawn a dialog it calls Do(Painted{Dialog.Shown}): only from then
//     on the guard time runs after which a key may confirm. Shown changes with
//     whatever there is to decide on.
//   - The limit that stands is State.Standing.Words, the ramp State.Climb.Words, the
//     quit guard State.Busy, a menu of unknown outcomes State.Open with
//     Do(Resolve{…}). Halt stops a ramp.
//
// Keys: y confirms a Light plan; a arms a Medium one and y confirms it; a arms a
// Dangerous one, Plan.Word is typed, and enter takes it. Enter never confirms
// anything else, and esc always means no. In NoRecord the word is UNRECORDED.
//
// Runner.Changed is signalled whenever the State is another one.
//
// # Further actions
//
// What reaches the cluster otherwise than by the admin API is a row of its own
// (Action, with a Deed that shows to the byte what it does) beside those of Table,
// with an Executor of the Runner for its kind.
package actions
