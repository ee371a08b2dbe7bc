package metrics

import (
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// maxDetail is how many runes of a foreign text go into a failure.
const maxDetail = 120

// fault is a failure on its way up, before the target's name is put to it.
type fault struct {
	kind   cluster.FailureKind
	what   string
	detail string // foreign text that explains it; may be empty
	hint   string
}

func newFault(kind cluster.FailureKind, what, hint string) *fault {
	return &fault{kind: kind, what: what, hint: hint}
}

// Error returns what failed.
func (f *fault) Error() string { return f.what }

// with returns f with a foreign text.
func (f *fault) with(detail string) *fault {
	f.detail = detail
	return f
}

// without returns f with no secret in its foreign text.
func (f *fault) without(secrets []string) *fault {
	hidden := *f
	for _, s := range secrets {
		hidden.detail = strings.ReplaceAll(hidden.detail, s, "[secret]")
	}
	return &hidden
}

// Hints that several faults share.
const (
	hintURL = "check that the URL is that of the node's metrics"
	hintCut = "the node, or a proxy before it, cut the answer short"
)

var faultHTML = newFault(cluster.FailFormat, "an HTML page instead of metrics", "a login page or a proxy answers here; use the node's own address")

// failure puts the target's name to a fault: what may be shown of it, or
// nothing.
func failure(f *fault, target string) *cluster.Failure {
	what := f.what
	if f.detail != "" {
		what += ": " + cluster.CleanN(f.detail, maxDetail).String()
	}
	if target != "" {
		what += " (" + target + ")"
	}
	return cluster.Fail(f.kind, what, f.hint)
}
