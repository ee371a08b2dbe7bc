package admin

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web"
)

// maxAgent is the longest agent id that is taken, in bytes.
const maxAgent = 256

// parseBreaker takes an entry of the list. The endpoint lists tripped breakers,
// so one that does not deny it is tripped; half-open is not closed.
func parseBreaker(raw json.RawMessage, hide func(string) string) (b cluster.TrippedBreaker, closed bool, err *entryFault) {
	if agent := text(raw); agent != "" {
		b.Agent = cluster.NodeID(agent)
		return b, false, checkAgent(b.Agent, raw)
	}
	o := parseObject(raw)
	for _, key := range stateKeys {
		if k := kind(o[key]); k > kindNull && k != kindString {
			return b, false, &entryFault{what: "has " + k.String() + " for its " + key, raw: raw}
		}
	}
	state := o.text(stateKeys...)
	if strings.EqualFold(state, "closed") || state == "" && string(o["tripped"]) == "false" {
		return b, true, nil
	}
	b = cluster.TrippedBreaker{
		Agent:  cluster.NodeID(o.text("agent_id", "agent", "id", "name")),
		State:  cluster.Clean(hide(state)),
		Since:  o.instant("since", "tripped_at", "opened_at"),
		Reason: cluster.Clean(hide(o.text("reason", "last_error", "message"))),
	}
	if n, ok := o.number("failures", "failure_count", "consecutive_failures"); ok && n >= 0 {
		b.Failures, b.FailuresKnown = n, true
	}
	return b, false, checkAgent(b.Agent, raw)
}

var stateKeys = []string{"state", "status"}

func checkAgent(agent cluster.NodeID, raw json.RawMessage) *entryFault {
	switch {
	case agent == "":
		return &entryFault{what: "names no agent", raw: raw}
	case len(agent) > maxAgent:
		return &entryFault{what: fmt.Sprintf("has an agent id longer than %d bytes", maxAgent)}
	}
	return nil
}

// entryFault is what is wrong with one entry of the list.
type entryFault struct {
	what string
	raw  json.RawMessage // the entry, if what it is explains it
}

// at says which entry it is, from 0.
func (f *entryFault) at(i int) error {
	where := fmt.Sprintf("circuit breaker %d of the list %s", i+1, f.what)
	seen := ""
	if f.raw != nil {
		seen = strings.TrimSpace(kind(f.raw).String() + " " + parseObject(f.raw).keys())
	}
	return web.NewFault(cluster.FailFormat, where, hintURL).With(seen)
}

// The times that an instant may have, in seconds since 1970: a zero time or a
// count of seconds passes for none.
const (
	earliest = 946_684_800   // 2000
	latest   = 4_102_444_800 // 2100
)

// instant returns the first of the keys that is a time: RFC 3339, or seconds
// since 1970 or a thousandth, millionth or billionth of them. Zero if none is.
func (o object) instant(keys ...string) time.Time {
	for _, k := range keys {
		if t, err := time.Parse(time.RFC3339, text(o[k])); err == nil && t.Unix() >= earliest && t.Unix() < latest {
			return t.UTC()
		}
		n, ok := number(o[k])
		for i := 0; i < 3 && n >= latest; i++ {
			n /= 1000
		}
		if ok && n >= earliest && n < latest {
			return time.UnixMicro(int64(n * 1e6)).UTC()
		}
	}
	return time.Time{}
}
