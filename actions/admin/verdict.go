package admin

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Verdict is what is known about a request after it was sent, or was not. The
// words are recorded: they do not change.
type Verdict string

// The verdicts.
const (
	NotSent   Verdict = "not_sent"  // not a byte of it left: nothing can have changed
	Rejected  Verdict = "rejected"  // the server said no; nothing changed
	Accepted  Verdict = "accepted"  // the whole answer is the API's own and agrees with the request
	Ambiguous Verdict = "ambiguous" // it may have taken effect
)

// String returns the words for a person.
func (v Verdict) String() string {
	switch v {
	case NotSent:
		return "not sent"
	case Ambiguous:
		return "may have taken effect"
	default:
		return string(v)
	}
}

// Peer is who answers. Empty fields are unknown.
type Peer struct {
	Address     string // IP and port; empty through a proxy
	Certificate string // SHA-256 of its certificate in hex; empty without TLS
}

// Timing says when, since Start, what had happened. Zero: it did not.
type Timing struct {
	Start     time.Time
	DNS       time.Duration // name known
	Connected time.Duration // TCP
	TLS       time.Duration // handshake done
	Wrote     time.Duration // whole request given to the system
	FirstByte time.Duration // first of the answer
	Done      time.Duration // verdict; always set
}

// RetryAfter is the server's wish for peace.
type RetryAfter struct {
	Given   bool          // there is one that can be read
	Wait    time.Duration // from the end of the answer, at most MaxRetryAfter
	Clamped bool          // the server wanted longer
	Raw     cluster.Text  // as it came, readable or not
}

// Answer is what was received. Its zero value is none.
type Answer struct {
	Status      int
	ContentType cluster.Text
	Bytes       int       // of the body as far as it was read
	Whole       bool      // it was read to its end
	SHA256      string    // of the bytes read, in hex; empty without any
	Date        time.Time // the server's clock; zero without
	RetryAfter  RetryAfter
}

// Result is the end of one request.
type Result struct {
	Verdict Verdict
	// Pending says that the server took the request and works on it (202).
	Pending bool
	// Changed says that the server's state is not what the request presumes (409,
	// 412): the plan has to be made anew.
	Changed bool
	// Elsewhere says that a redirect to another host was answered, and not followed.
	Elsewhere bool
	// Failure says what went wrong and what to do; nil if accepted.
	Failure *cluster.Failure
	// Reason is the server's own text, without what looks like a secret; for
	// anything but JSON and plain text, what it is.
	Reason cluster.Text
	Answer Answer
	Peer   Peer
	Timing Timing
}

// Summary is the result in one line.
func (r Result) Summary() cluster.Text {
	s := r.Verdict.String()
	if r.Pending {
		s += ", the server works on it"
	}
	if r.Failure != nil {
		s += ": " + r.Failure.What.String()
	}
	if !r.Reason.IsZero() {
		s += " (" + r.Reason.String() + ")"
	}
	return cluster.Clean(s)
}
