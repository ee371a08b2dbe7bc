package onhost

import (
	"context"
	"time"

	"github.com/stemedb/stemetop/actions"
	"github.com/stemedb/stemetop/sources/cluster"
)

// The kinds of the actions on hosts. The words are recorded: they do not change.
const (
	KindWALTest    actions.Kind = "wal_test"
	KindRPCTimeout actions.Kind = "rpc_timeout"
	KindRestart    actions.Kind = "restart"
	KindPutBack    actions.Kind = "put_back"
)

// Place is a machine that is acted on.
type Place struct {
	Node    cluster.NodeID
	Address cluster.Text // as it is configured
	Host    Host
}

// Options say what may be done, where.
type Options struct {
	Primary  *Place // nil where its host can't be reached
	Replicas map[cluster.NodeID]Place
	Now      func() time.Time // the stream's clock

	WAL  WALTest
	TOML string // path of the database's own configuration on the primary
	Unit string // of the database there

	// Off says of a kind why it is not done here, with what to do about it; a kind
	// that is not in it is on.
	Off map[actions.Kind]*cluster.Failure
}

// Rows returns the actions on hosts, with what carries them out. One that is off
// is a row too, which says why.
func Rows(o Options) ([]actions.Action, map[actions.Kind]actions.Executor) {
	list := []actions.Action{walRow(o), timeoutRow(o), putBackRow(o), restartRow(o)}
	by := map[actions.Kind]actions.Executor{}
	for i := range list {
		a := &list[i]
		by[a.Kind] = executor{}
		if why := o.Off[a.Kind]; why != nil {
			a.Title += " (off)"
			a.Needs, a.Look = actions.NeedsNothing, nil
			a.Propose = func(*actions.Scene, actions.Ask) (*actions.Plan, *actions.Refusal) { return nil, refuse(why) }
		}
	}
	return list, by
}

func refuse(f *cluster.Failure) *actions.Refusal {
	return &actions.Refusal{Why: f.What, Hint: f.Hint}
}

// primary is a Look on the primary's host.
func (o Options) primary(look func(context.Context, Host) (any, *cluster.Failure)) func(context.Context, actions.Ask) (any, *cluster.Failure) {
	return func(ctx context.Context, _ actions.Ask) (any, *cluster.Failure) {
		if o.Primary == nil {
			return nil, noHost("the primary")
		}
		return look(ctx, o.Primary.Host)
	}
}

func noHost(of string) *cluster.Failure {
	return cluster.Fail(cluster.FailConfig, "the host of "+of+" is not known", "set ssh of it in the configuration")
}

// unread is the refusal of a plan whose Look has not found what it should.
func unread() *actions.Refusal {
	return &actions.Refusal{Why: cluster.Clean("nothing was read of the host yet"), Hint: cluster.Clean("ask again")}
}

// age is how old what was read at a time is.
func age(s *actions.Scene, at time.Time) time.Duration { return max(0, s.Now.Wall.Sub(at)) }

// fromHost is where facts are from that a Look found.
func (p *Place) fromHost() string { return "host of " + p.Node.Text().String() }
