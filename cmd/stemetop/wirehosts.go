package main

import (
	"context"
	"io"
	"strings"

	"github.com/stemedb/stemetop/actions"
	"github.com/stemedb/stemetop/actions/onhost"
	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/remote"
)

// onHosts says what may be done on hosts. Those of an embedded cluster run no
// such script.
func (w *wiring) onHosts(embedded bool) onhost.Options {
	c := w.config
	a := c.Actions
	o := onhost.Options{
		Replicas: map[cluster.NodeID]onhost.Place{}, Now: w.clock.Now, TOML: c.APIToml, Unit: c.Unit,
		WAL: onhost.WALTest{
			Dir: c.WALPath, MiB: int(a.WALTestSize >> 20), Limit: a.WALTestTime.D(), Buffered: a.WALTest == "buffered",
			Floor: onhost.Floor{Bytes: uint64(a.WALTestFree), Percent: 10},
		},
		Off: map[actions.Kind]*cluster.Failure{},
	}
	for i, n := range w.nodes() {
		if n.SSH == "" {
			continue
		}
		p := onhost.Place{Node: cluster.NodeID(n.ID), Address: cluster.Clean(n.SSH), Host: reached{w, n}}
		if i == 0 {
			o.Primary = &p
			continue
		}
		o.Replicas[p.Node] = p
	}
	for _, x := range []struct {
		kind    actions.Kind
		key, is string
		allowed string
	}{
		{onhost.KindWALTest, "wal_test", a.WALTest, "direct"},
		{onhost.KindRPCTimeout, "rpc_timeout", a.RPCTimeout, "allowed"},
		{onhost.KindPutBack, "rpc_timeout", a.RPCTimeout, "allowed"},
		{onhost.KindRestart, "restart", a.Restart, "allowed"},
	} {
		switch {
		case embedded:
			o.Off[x.kind] = cluster.Fail(cluster.FailUnsupported, "the hosts of the embedded cluster have no disk, file or unit of their own", "it is for real ones")
		case x.is == "forbidden":
			o.Off[x.kind] = cluster.Fail(cluster.FailConfig, "it is forbidden by actions."+x.key, "set actions."+x.key+": "+x.allowed+" in the configuration")
		}
	}
	return o
}

// reached is a node's host as actions reach it: over the connection that is there
// for reading.
type reached struct {
	wiring *wiring
	node   config.Node
}

// Open starts a script on the host.
func (r reached) Open(ctx context.Context, script []byte, parameters []string) (onhost.Talk, *cluster.Failure) {
	way, err := r.wiring.transport(r.node)
	if err != nil {
		return nil, cluster.Fail(cluster.FailConfig, err.Error(), "")
	}
	t := way
	if r.wiring.config.Actions.Shell == "sudo" {
		t = bySudo{way}
	}
	said := make(chan onhost.Line)
	link, failure := remote.Open(ctx, t, script, parameters, remote.DefaultLimits, func(r *remote.Reader, quit <-chan struct{}) error {
		defer close(said)
		return hear(r, said, quit)
	})
	if failure != nil {
		_ = way.Close() // another user has the connection
		return nil, failure
	}
	return &talking{Link: link, said: said, way: way}, nil
}

// hear hands the lines of a script on.
func hear(r *remote.Reader, said chan<- onhost.Line, quit <-chan struct{}) error {
	for {
		raw, err := r.Line()
		if err != nil {
			return err
		}
		l := onhost.Line{Text: string(raw)}
		if words, ok := r.Frame(raw); ok {
			for _, w := range words {
				l.Words = append(l.Words, string(w))
			}
		}
		select {
		case said <- l:
		case <-quit:
			return io.ErrClosedPipe
		}
	}
}

// bySudo runs what it starts as root.
type bySudo struct{ remote.Transport }

// Start runs the shell by sudo, which asks for nothing: it works, or says why not.
func (s bySudo) Start(ctx context.Context, command string) (remote.Session, error) {
	return s.Transport.Start(ctx, strings.Replace(command, "exec /bin/sh", "exec sudo -n /bin/sh", 1))
}

// talking is a script that runs, and its share of the connection.
type talking struct {
	*remote.Link
	said <-chan onhost.Line
	way  io.Closer
}

// Said is what the script says, until it ends.
func (t *talking) Said() <-chan onhost.Line { return t.said }

// Death says why it ended.
func (t *talking) Death() *cluster.Failure {
	<-t.Ended() // which follows the end of what is said
	return t.Link.Death()
}

// Close ends it.
func (t *talking) Close() {
	t.Link.Close()
	_ = t.way.Close() // another user has the connection
}
