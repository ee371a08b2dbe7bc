package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/host"
)

// slowFindings are of what is asked of a host at slower rates: whether it can be
// had, which tools are there for it, and what it costs.
func (w *wiring) slowFindings(ctx context.Context, n config.Node, c *host.Collector, f first) []finding {
	if f.facts == nil {
		return nil
	}
	var found []finding
	if s := f.sockets; s != nil {
		x := finding{node: n.ID, what: "sockets", good: fmt.Sprintf("%d RPC connections, by %s", len(s.Connections), s.Via)}
		if s.Via.String() != "ss" {
			x.bad = cluster.Fail(cluster.FailMissing, s.Why.String(), "install iproute2 there")
		}
		found = append(found, x)
	}
	if s := f.service; s != nil {
		x := finding{node: n.ID, what: "service", good: fmt.Sprintf("%s is %s", s.Unit, s.Active)}
		if s.Counted {
			x.good += fmt.Sprintf(", %d restarts", s.Restarts)
		}
		if !s.Told {
			x.none = s.Hint.IsZero() // no systemd: nothing to mend
			x.bad = cluster.Fail(cluster.FailMissing, s.Why.String(), s.Hint.String())
		}
		found = append(found, x)
	}
	if a := f.api; a != nil {
		x := finding{node: n.ID, what: "api.toml", good: a.Path.String() + ": " + settingWords("max_replication_lag_seconds", a.MaxLag) + ", " + settingWords("rpc_timeout_ms", a.Timeout)}
		if !a.Read {
			x.bad = cluster.Fail(cluster.FailMissing, a.Why.String(), a.Hint.String())
		}
		found = append(found, x)
	}
	found = append(found, toolsFinding(n, f.facts))
	return append(found, costFinding(ctx, n, c))
}

func settingWords(key string, s cluster.Setting) string {
	switch {
	case s.Valid:
		return fmt.Sprintf("%s %g", key, s.Value)
	case s.Set:
		return key + " is not a valid number"
	}
	return key + " not set"
}

// tools are the commands that are of use on a host: the package that has each, and
// what for.
var tools = []struct{ name, pkg, what string }{
	{"ss", "iproute2", "RPC connections"},
	{"systemctl", "systemd", "restarts"},
	{"journalctl", "systemd", "logs"},
	{"ping", "iputils-ping", "round trips"},
	{"mtr", "mtr-tiny", "loss by hop"},
	{"traceroute", "traceroute", "the path without mtr"},
	{"nc", "netcat-openbsd", "the RPC port where SSH forwards nothing"},
	{"timeout", "coreutils", "limits of time"},
	{"getent", "libc-bin", "names"},
}

func toolsFinding(n config.Node, facts *cluster.HostFacts) finding {
	var there, lack []string
	for _, t := range tools {
		if slices.Contains(facts.Tools, cluster.Clean(t.name)) {
			there = append(there, t.name)
		} else {
			lack = append(lack, t.name+" (package "+t.pkg+", for "+t.what+")")
		}
	}
	good := strings.Join(there, ", ")
	if len(there) == 0 {
		good = "none of those of use"
	}
	if len(lack) > 0 {
		good += "; not there: " + strings.Join(lack, ", ")
	}
	return finding{node: n.ID, what: "tools", good: good}
}

// costFinding is what the sections take that start processes on the host.
func costFinding(ctx context.Context, n config.Node, c *host.Collector) finding {
	f := finding{node: n.ID, what: "cost"}
	costs, failure := c.Costs(ctx)
	if failure != nil {
		f.bad = failure
		return f
	}
	var words []string
	share := 0.0
	for _, x := range costs {
		words = append(words, fmt.Sprintf("%s %.0f ms each %.0f s", x.Section, float64(x.Took.Microseconds())/1000, x.Every.Seconds()))
		share += x.Took.Seconds() / x.Every.Seconds()
	}
	f.good = fmt.Sprintf("%s: %.2f %% of the time; no process on other ticks", strings.Join(words, ", "), share*100)
	return f
}
