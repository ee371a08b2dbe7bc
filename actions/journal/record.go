package journal

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Schema is the version of the records, in every Origin.
const Schema = 1

// Kind is the kind of a record. The words are written: they do not change.
type Kind string

// The kinds.
const (
	KindGenesis    Kind = "genesis"        // first of a segment; has Origin
	KindSession    Kind = "session"        // a later run goes on in the segment; has Origin
	KindIntent     Kind = "intent"         // before the send
	KindOutcome    Kind = "outcome"        // after it; exactly one for each intent
	KindEffect     Kind = "effect"         // what the cluster did next
	KindResolution Kind = "resolution"     // somebody says what an unknown outcome was
	KindNearMiss   Kind = "near_miss"      // blocked, cancelled or refused: nothing was sent
	KindEvent      Kind = "event"          // a ramp's gate, a handover, a note
	KindRecovered  Kind = "recovered_tail" // the line before it is torn, and was left so
	KindLost       Kind = "segment_lost"   // the segment before this one failed
)

// Record is one record. Of its pointers the one of its kind is set.
type Record struct {
	Kind Kind `json:"kind"`
	// Wall is the wall clock in UTC to the millisecond, Mono the monotonic clock in
	// nanoseconds since the program's start: a step of the wall clock shows.
	Wall time.Time     `json:"wall"`
	Mono time.Duration `json:"mono_ns"`
	// Unrecorded marks a record that could not be written when it was made.
	Unrecorded bool `json:"unrecorded,omitempty"`

	Origin     *Origin     `json:"origin,omitempty"`
	Intent     *Intent     `json:"intent,omitempty"`
	Outcome    *Outcome    `json:"outcome,omitempty"`
	Effect     *Effect     `json:"effect,omitempty"`
	Resolution *Resolution `json:"resolution,omitempty"`
	NearMiss   *NearMiss   `json:"near_miss,omitempty"`
	Event      *Event      `json:"event,omitempty"`
	Recovered  *Recovered  `json:"recovered_tail,omitempty"`
	Lost       *Lost       `json:"segment_lost,omitempty"`
}

// Origin is who writes, and from where.
type Origin struct {
	Schema  int          `json:"schema"`
	Version string       `json:"version"` // of the program, with its build
	Host    cluster.Text `json:"host"`
	User    cluster.Text `json:"user"`
	PID     int          `json:"pid"`
	Boot    string       `json:"boot_id,omitempty"` // of the host's kernel
	Run     string       `json:"run"`               // random id of this run
	Cluster cluster.Text `json:"cluster"`
	Config  string       `json:"config_sha256,omitempty"` // digest of the configuration without secrets
}

// Who is the person who acts.
type Who struct {
	Person   cluster.Text `json:"person"`
	Key      string       `json:"key_sha256,omitempty"` // fingerprint of the SSH key, in the war room
	Role     string       `json:"role,omitempty"`       // driver, approver
	Via      string       `json:"via"`                  // terminal, command line, war room
	Remote   cluster.Text `json:"remote,omitzero"`      // address the person comes from
	Approver cluster.Text `json:"approver,omitzero"`    // second person, if one concurred
}

// Target is what is acted on, as it was identified at the preview.
type Target struct {
	Cluster     cluster.Text   `json:"cluster"`
	ID          cluster.NodeID `json:"id"` // replica or agent; empty for cluster-wide actions
	Address     string         `json:"address,omitempty"`
	Certificate string         `json:"certificate_sha256,omitempty"`
	Started     time.Time      `json:"started,omitzero"` // start of the server's process
}

// Request is what is sent: all of it but secrets, which it has no field for.
type Request struct {
	Method      string   `json:"method"`
	URL         string   `json:"url"`
	ContentType string   `json:"content_type,omitempty"`
	Headers     []string `json:"headers,omitempty"` // names only
	Auth        string   `json:"auth,omitempty"`    // kind of authentication
	Body        string   `json:"body"`
	Digest      string   `json:"sha256"` // of what was previewed
	ID          string   `json:"request_id"`
}

// Fact is one value that was shown when the decision was made.
type Fact struct {
	Name   string        `json:"name"`
	Value  cluster.Text  `json:"value"`
	Age    time.Duration `json:"age_ns"`
	Source string        `json:"source"`
}

// Gestures are how it was confirmed, on the monotonic clock. Zero: not done.
type Gestures struct {
	Trigger   time.Duration `json:"trigger_ns"`
	Arm       time.Duration `json:"arm_ns,omitempty"`
	Confirm   time.Duration `json:"confirm_ns,omitempty"`
	Challenge int           `json:"challenge_runes,omitempty"` // length of what was typed, not its text
	Ignored   int           `json:"ignored_keys,omitempty"`    // keys that the guards dropped
}

// Intent is a confirmed action that is about to be sent.
type Intent struct {
	Action   string       `json:"action_id"` // joins intent, outcome, effects and resolution
	Plan     string       `json:"plan_id"`
	Kind     string       `json:"action"`         // throttle, sync, reset, …
	Title    cluster.Text `json:"title,omitzero"` // what it does, in the preview's words
	Tier     string       `json:"tier"`
	Reason   cluster.Text `json:"reason,omitzero"`
	Step     string       `json:"runbook_step,omitempty"`
	Previous string       `json:"previous_action_id,omitempty"` // that this one follows from or undoes
	Who      Who          `json:"who"`
	Target   Target       `json:"target"`
	Request  Request      `json:"request"`
	Seen     []Fact       `json:"seen"`
	Expect   cluster.Text `json:"expect,omitzero"`
	Stop     cluster.Text `json:"stop,omitzero"`
	Undo     cluster.Text `json:"undo,omitzero"`
	Gestures Gestures     `json:"gestures"`
}

// Phases are when, since the start of the request, what had happened. Zero: it
// did not.
type Phases struct {
	DNS       time.Duration `json:"dns_ns,omitempty"`
	Connected time.Duration `json:"connected_ns,omitempty"`
	TLS       time.Duration `json:"tls_ns,omitempty"`
	Wrote     time.Duration `json:"wrote_ns,omitempty"`
	FirstByte time.Duration `json:"first_byte_ns,omitempty"`
	Done      time.Duration `json:"done_ns,omitempty"`
}

// Outcome is how a sent action ended.
type Outcome struct {
	Action      string        `json:"action_id"`
	Verdict     string        `json:"verdict"` // not_sent, rejected, accepted, ambiguous
	Summary     cluster.Text  `json:"summary"`
	Status      int           `json:"status,omitempty"`
	Reason      cluster.Text  `json:"reason,omitzero"` // the server's text
	ContentType cluster.Text  `json:"content_type,omitzero"`
	Bytes       int           `json:"bytes"`
	Digest      string        `json:"sha256,omitempty"` // of the answer's body
	RetryAfter  time.Duration `json:"retry_after_ns,omitempty"`
	ServerDate  time.Time     `json:"server_date,omitzero"` // the server's clock
	Phases      Phases        `json:"phases"`
}

// Effect is one reading of what an action did.
type Effect struct {
	Action  string        `json:"action_id"`
	After   time.Duration `json:"after_ns"` // since the answer
	Verdict string        `json:"verdict"`  // effective, no_effect, regressed, inconclusive; applied, not_applied, unknown for a reading back
	Final   bool          `json:"final"`    // no further effect of this action follows
	Facts   []Fact        `json:"facts"`
	Why     cluster.Text  `json:"why,omitzero"`
}

// Resolution is a person's word on an outcome that is not known.
type Resolution struct {
	Action  string       `json:"action_id"`
	Verdict string       `json:"verdict"` // applied, not_applied
	Who     Who          `json:"who"`
	Why     cluster.Text `json:"why,omitzero"`
}

// NearMiss is an attempt of which nothing was sent.
type NearMiss struct {
	Plan     string       `json:"plan_id,omitempty"`
	Kind     string       `json:"action"`
	Who      Who          `json:"who"`
	Target   Target       `json:"target"`
	State    string       `json:"state"` // in which it ended
	Why      cluster.Text `json:"why"`
	Gestures Gestures     `json:"gestures"`
}

// Event is anything else worth the record.
type Event struct {
	Name   string       `json:"name"`
	Action string       `json:"action_id,omitempty"`
	Who    Who          `json:"who,omitzero"`
	Text   cluster.Text `json:"text"`
	Facts  []Fact       `json:"facts,omitempty"`
}

// Recovered describes the torn line before it.
type Recovered struct {
	Bytes  int64  `json:"bytes"`
	Digest string `json:"sha256"`
}

// Lost says why there is a new segment, and carries over what is open.
type Lost struct {
	Segment string       `json:"segment"` // file name of the one before
	Head    Head         `json:"head"`    // the last record of it that is certain
	Reason  cluster.Text `json:"reason"`
	Open    []OpenAction `json:"open,omitempty"`
}

// OpenAction is an action whose end is not known: an intent without outcome, or with an
// ambiguous one that neither a final reading back nor a person resolved.
type OpenAction struct {
	At      time.Time `json:"at,omitzero"` // of the intent
	Intent  Intent    `json:"intent"`
	Outcome *Outcome  `json:"outcome,omitempty"`
}
