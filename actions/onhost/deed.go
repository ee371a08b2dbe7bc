package onhost

import (
	"context"
	"strings"

	"github.com/stemedb/stemetop/actions"
	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

// deed is something that is done on a host.
type deed struct {
	place  *Place
	path   string // what it is done to
	lines  []cluster.Text
	digest string
	do     func(context.Context, Host, func(cluster.Text)) admin.Result
}

var _ actions.Deed = deed{}

// Lines are the machine, and what is done there.
func (d deed) Lines() []cluster.Text {
	where := "SSH " + d.place.Node.Text().String()
	if !d.place.Address.IsZero() {
		where += " (" + d.place.Address.String() + ")"
	}
	return append([]cluster.Text{cluster.Clean(where + ": " + d.path)}, d.lines...)
}

// Digest tells the deed from any other.
func (d deed) Digest() string { return d.digest }

// Record is the deed for the journal.
func (d deed) Record() journal.Request {
	words := make([]string, len(d.lines))
	for i, l := range d.lines {
		words[i] = l.String()
	}
	return journal.Request{
		Method: "SSH", URL: "ssh://" + d.place.Node.Text().String() + "/" + strings.TrimPrefix(d.path, "/"),
		Body: strings.Join(words, "\n"), Digest: d.digest,
	}
}

// carryOut does it.
func (d deed) carryOut(ctx context.Context, tell func(cluster.Text)) admin.Result {
	return d.do(ctx, d.place.Host, tell)
}

// executor carries out deeds of this package.
type executor struct{}

// Execute does it once.
func (executor) Execute(ctx context.Context, o actions.Order) admin.Result {
	d, ok := o.Deed.(interface {
		actions.Deed
		carryOut(context.Context, func(cluster.Text)) admin.Result
	})
	if !ok || d.Digest() != o.Confirmed {
		return admin.Result{Verdict: admin.NotSent, Failure: cluster.Fail(cluster.FailOther, "it is not what was confirmed", "")}
	}
	tell := o.Tell
	if tell == nil {
		tell = func(cluster.Text) {}
	}
	return d.carryOut(ctx, tell)
}
