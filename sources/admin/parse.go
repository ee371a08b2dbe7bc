package admin

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web"
)

// maxBreakers bounds the list: a cluster has an agent a replica.
const maxBreakers = 10_000

// parse returns the breakers that are not closed, in the order of their agents.
// Of several of one agent the first counts. hide takes secrets out of texts.
func parse(raw []byte, hide func(string) string) ([]cluster.TrippedBreaker, error) {
	raw = bytes.TrimSpace(bytes.TrimPrefix(raw, []byte("\ufeff")))
	if err := check(raw); err != nil {
		return nil, err
	}
	entries, err := list(raw)
	if err != nil {
		return nil, err
	}
	if len(entries) > maxBreakers {
		return nil, web.NewFault(cluster.FailTooLarge, fmt.Sprintf("lists %d circuit breakers, more than %d", len(entries), maxBreakers), hintURL)
	}
	tripped := make([]cluster.TrippedBreaker, 0, len(entries))
	for i, e := range entries {
		b, closed, err := parseBreaker(e, hide)
		if err != nil {
			return nil, err.at(i)
		}
		if !closed {
			tripped = append(tripped, b)
		}
	}
	byAgent := func(a, b cluster.TrippedBreaker) int { return cmp.Compare(a.Agent, b.Agent) }
	slices.SortStableFunc(tripped, byAgent)
	return slices.CompactFunc(tripped, func(a, b cluster.TrippedBreaker) bool { return a.Agent == b.Agent }), nil
}

// check tells whether the answer is JSON, and what else it is.
func check(raw []byte) error {
	switch {
	case len(raw) == 0:
		return web.NewFault(cluster.FailFormat, "empty answer", hintURL)
	case raw[0] == '<':
		return web.HTML("JSON")
	case json.Valid(raw):
		return nil
	}
	if raw[0] != '{' && raw[0] != '[' {
		return web.NewFault(cluster.FailFormat, "not JSON", hintURL).With(string(raw[:min(len(raw), 64)]))
	}
	var v json.RawMessage
	err := json.Unmarshal(raw, &v)
	return web.NewFault(cluster.FailFormat, "malformed JSON", "the node, or a proxy before it, cut or changed the answer").With(fmt.Sprint(err))
}

// keys of an object that may hold the list.
var listKeys = []string{"tripped", "circuit_breakers", "breakers", "items"}

// list finds the array. Null is an empty one where a count says so: some
// servers write lists of nothing that way.
func list(raw json.RawMessage) (entries []json.RawMessage, err error) {
	if raw[0] == '[' {
		return entries, json.Unmarshal(raw, &entries)
	}
	o := parseObject(raw)
	if e := o.fault(); e != nil {
		return nil, e
	}
	count, counted := o.number("count")
	for _, key := range listKeys {
		switch v := o[key]; kind(v) {
		case kindArray:
			if err := json.Unmarshal(v, &entries); err != nil {
				return nil, err
			}
			if err := o.page(key, len(entries)); err != nil {
				return nil, err
			}
			return entries, nil
		case kindNull:
			if counted && count == 0 {
				return nil, nil
			}
		default:
		}
	}
	return nil, unknown("instead of tripped circuit breakers", raw)
}

// unknown is the fault of JSON of another shape.
func unknown(what string, raw json.RawMessage) *web.Fault {
	return web.NewFault(cluster.FailFormat, kind(raw).String()+" "+what, hintURL).With(parseObject(raw).keys())
}
