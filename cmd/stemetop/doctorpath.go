package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/peer"
)

// tryPaths tells how the primary's host reaches each replica: what a monitor that
// stands elsewhere can't see by itself.
func (w *wiring) tryPaths(ctx context.Context) []finding {
	list, err := w.peers()
	if err != nil {
		return []finding{{node: w.config.PrimaryID(), what: "path", bad: failureOf(err)}}
	}
	defer func() {
		for _, c := range list {
			_ = c.Close() // nothing is lost with it
		}
	}()
	var found []finding
	for _, c := range list {
		found = append(found, tryPath(ctx, c)...)
	}
	return found
}

// tryPath asks for one replica by both ways.
func tryPath(ctx context.Context, c *peer.Collector) []finding {
	name := string(c.Source().Node)
	begin := time.Now()
	var port *cluster.PeerPort
	var ping *cluster.PeerPing
	for port == nil || ping == nil {
		list := c.Collect(ctx)
		if len(list) == 0 {
			return []finding{{node: name, what: "path", bad: cluster.Fail(cluster.FailTimeout, "not looked at: the others took all the time there was", "")}}
		}
		for _, r := range list {
			switch b := r.Body.(type) {
			case *cluster.PeerPort:
				port = b
			case *cluster.PeerPing:
				ping = b
			default:
				return []finding{{node: name, what: "path", took: time.Since(begin), bad: r.Err}}
			}
		}
	}
	return []finding{portFinding(name, port), pingFinding(name, ping), forwardFinding(name, port)}
}

func portFinding(name string, b *cluster.PeerPort) finding {
	f := finding{node: name, what: "path", good: fmt.Sprintf("RPC port open from the primary's host, by %s", b.By)}
	switch b.Port {
	case cluster.PortOpen:
	case cluster.PortUnknown:
		f.bad = cluster.Fail(cluster.FailUnsupported, "RPC port from the primary's host not known: "+b.Why.String(),
			"allow forwarding there (AllowTcpForwarding local), or install bash and timeout, or nc")
	default:
		f.bad = cluster.Fail(cluster.FailUnreachable, "RPC port "+b.Port.String()+" from the primary's host: "+b.Why.String(),
			"check the firewall between the two, rpc of "+name+" in the configuration, and that stemedb listens")
	}
	return f
}

func pingFinding(name string, b *cluster.PeerPing) finding {
	f := finding{node: name, what: "path"}
	if len(b.RTTs) > 0 {
		f.good = fmt.Sprintf("ping from the primary's host: %d of %d back, the last in %v", len(b.RTTs), b.Sent, b.RTTs[len(b.RTTs)-1])
		return f
	}
	what := "ping from the primary's host: none of " + fmt.Sprint(b.Sent) + " back"
	f.bad = cluster.Fail(cluster.FailUnreachable, strings.TrimSuffix(what+": "+b.Why.String(), ": "), b.Hint.String())
	return f
}

// forwardFinding is of the round trip alone: that forwarding is forbidden says
// nothing of the port.
func forwardFinding(name string, b *cluster.PeerPort) finding {
	f := finding{node: name, what: "path", good: fmt.Sprintf("forwarded connection in %v, less SSH's own %v", b.RTT, b.Trip)}
	if !b.Forwarded {
		f.none = true
		f.bad = cluster.Fail(cluster.FailUnsupported, "no forwarded connection: "+b.ForwardWhy.String(), b.ForwardHint.String())
	}
	return f
}
