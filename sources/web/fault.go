package web

import "github.com/stemedb/stemetop/sources/cluster"

// maxDetail is how many runes of a foreign text go into a failure.
const maxDetail = 120

// Fault is a failure on its way up, before the target's name is put to it.
type Fault struct {
	kind   cluster.FailureKind
	what   string
	detail string // foreign text that explains it; may be empty
	hint   string
}

// NewFault returns a fault. No part of what and hint comes from outside, unless
// it is known to hold no secret.
func NewFault(kind cluster.FailureKind, what, hint string) *Fault {
	return &Fault{kind: kind, what: what, hint: hint}
}

// HTML returns the fault of an answer that is a page for people.
func HTML(insteadOf string) *Fault {
	return NewFault(cluster.FailFormat, "an HTML page instead of "+insteadOf, "a login page or a proxy answers here; use the node's own address")
}

// Error returns what failed.
func (f *Fault) Error() string { return f.what }

// With adds a foreign text that explains the fault, and returns it.
func (f *Fault) With(detail string) *Fault {
	f.detail = detail
	return f
}

// Failure puts the target's name to a fault: what may be shown of it, or
// nothing.
func (f *Fault) Failure(target string) *cluster.Failure {
	what := f.what
	if f.detail != "" {
		what += ": " + cluster.CleanN(f.detail, maxDetail).String()
	}
	if target != "" {
		what += " (" + target + ")"
	}
	return cluster.Fail(f.kind, what, f.hint)
}
