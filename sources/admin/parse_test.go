package admin

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web"
	"github.com/stemedb/stemetop/sources/web/webtest"
)

func plain(s string) string { return s }

func textsEqual(a, b cluster.Text) bool { return a == b }

func same(a, b []cluster.TrippedBreaker) string { return cmp.Diff(a, b, cmp.Comparer(textsEqual)) }

// at is when the breakers of the tests tripped.
var at = time.Date(2026, 11, 23, 3, 6, 0, 0, time.UTC)

const entry = `{"agent_id":"agent-node2","state":"open","tripped_at":"2026-11-23T03:06:00Z","failures":12,"reason":"rpc timeout"}`

func full() cluster.TrippedBreaker {
	return cluster.TrippedBreaker{
		Agent: "agent-node2", State: cluster.Clean("open"), Since: at, Failures: 12, FailuresKnown: true, Reason: cluster.Clean("rpc timeout"),
	}
}

func TestListShapes(t *testing.T) {
	one, none := []cluster.TrippedBreaker{full()}, []cluster.TrippedBreaker{}
	for raw, want := range map[string][]cluster.TrippedBreaker{
		"[" + entry + "]":                                one,
		`{"tripped":[` + entry + `],"count":1}`:          one,
		`{"circuit_breakers":[` + entry + `],"total":7}`: one,
		`{"breakers":[` + entry + `]}`:                   one,
		`{"items":[` + entry + `],"error":null}`:         one,
		`{"tripped":1,"breakers":[` + entry + `]}`:       one,
		"\ufeff\r\n {\"tripped\" : [" + entry + "]}\n":   one,
		`[]`: none,
		`[{"agent":"x","tripped":false},{"agent":"y","tripped":true}]`:                   {{Agent: "y"}},
		`[{"agent":"x","tripped":false,"state":"open"},{"agent":"y","tripped":null}]`:    {{Agent: "x", State: cluster.Clean("open")}, {Agent: "y"}},
		`{"items":["a"],"total":1,"limit":50,"next":null,"has_more":false}`:              {{Agent: "a"}},
		`{"tripped":["a"],"total":7,"next":"","pagination":{"total":1,"next":""}}`:       {{Agent: "a"}},
		`{"tripped":["a"],"meta":{"total":7,"links":{"self":"/x"}},"page":{"number":1}}`: {{Agent: "a"}},
		`{"tripped":[],"count":0}`:                                 none,
		`{"tripped":null,"count":0}`:                               none,
		`[{"id":"a","state":"Closed"},{"state":"closed"}]`:         none,
		`["b","a","b"]`:                                            {{Agent: "a"}, {Agent: "b"}},
		`[{"agent":"x","state":"closed"},{"agent":"x"}]`:           {{Agent: "x"}},
		`[{"id":"x","failures":2},{"id":"x","failures":1}]`:        {{Agent: "x", Failures: 2, FailuresKnown: true}},
		`{"items":[{"name":"x","status":"half-open"},"y"]}`:        {{Agent: "x", State: cluster.Clean("half-open")}, {Agent: "y"}},
		`[{"agent_id":"","agent":null,"id":7,"name":"x"}]`:         {{Agent: "x"}},
		`[{"id":"a\u001b[31m\u202e","reason":"\u001b]0;x\u0007"}]`: {{Agent: "a\x1b[31m\u202e", Reason: cluster.Clean("\x1b]0;x\x07")}},
	} {
		got, err := parse([]byte(raw), plain)
		if d := same(want, got); err != nil || d != "" {
			t.Errorf("%s: %v %s", raw, err, d)
		}
	}
}

func TestFields(t *testing.T) {
	day := time.Date(2026, 11, 23, 3, 6, 0, 0, time.UTC)
	for _, c := range []struct {
		fields   string
		since    time.Time
		failures float64
		known    bool
		reason   string
	}{
		{`"since":"2026-11-23T05:06:00+02:00","failure_count":0`, day, 0, true, ""},
		{`"opened_at":1795403160,"consecutive_failures":"3"`, day, 3, true, ""},
		{`"opened_at":1795403160000,"failures":1.5`, day, 1.5, true, ""},
		{`"opened_at":"1795403160000000","failures":-1`, day, 0, false, ""},
		{`"since":1795403160000000000,"failures":null`, day, 0, false, ""},
		{`"since":1795403160.5,"failures":"NaN"`, day.Add(500 * time.Millisecond), 0, false, ""},
		{`"since":1795403160e15,"failures":1e999`, time.Time{}, 0, false, ""},
		{`"since":42,"tripped_at":"2026-11-23T03:06:00Z","failures":true`, day, 0, false, ""},
		{`"since":"0001-01-01T00:00:00Z","failures":"Infinity"`, time.Time{}, 0, false, ""},
		{`"since":"five minutes ago","failures":[]`, time.Time{}, 0, false, ""},
		{`"since":-1e300,"message":"c","last_error":"b"`, time.Time{}, 0, false, "b"},
		{`"reason":{"code":1},"message":"c"`, time.Time{}, 0, false, "c"},
	} {
		got, err := parse([]byte(`[{"id":"x",`+c.fields+`}]`), plain)
		want := []cluster.TrippedBreaker{{Agent: "x", Since: c.since, Failures: c.failures, FailuresKnown: c.known, Reason: cluster.Clean(c.reason)}}
		if d := same(want, got); err != nil || d != "" {
			t.Errorf("%s: %v %s", c.fields, err, d)
		}
	}
}

// failure returns what a reader of the screen gets of a fault.
func failure(t *testing.T, err error) *cluster.Failure {
	t.Helper()
	var f *web.Fault
	if !errors.As(err, &f) {
		t.Fatalf("%v is no fault", err)
	}
	return f.Failure("host")
}

func TestUnknownShapes(t *testing.T) {
	for raw, words := range map[string][]string{
		"":                              {"empty answer", "admin.url"},
		"  \n":                          {"empty answer"},
		"<!doctype html>":               {"HTML page instead of JSON"},
		"# HELP stemedb_x x\nstemedb 1": {"not JSON: # HELP", "admin.url"},
		"NaN":                           {"not JSON: NaN"},
		`[{"id":"x","failures":NaN}]`:   {"malformed JSON", "invalid character 'N'"},
		`{"tripped":[` + entry + `,{"a`: {"malformed JSON", "unexpected end", "cut"},
		`[] []`:                         {"malformed JSON"},
		strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000): {"malformed JSON", "depth"},
		`null`:                                  {"null instead of"},
		`"ok"`:                                  {"a string instead of", "admin.url"},
		`7`:                                     {"a number instead of"},
		`{}`:                                    {"an object instead of"},
		`{"b":1,"a\u001b":2}`:                   {`an object instead of tripped circuit breakers: a\x1b, b`},
		`{"tripped":null}`:                      {"an object instead of"},
		`{"tripped":{"x":1}}`:                   {"an object instead of"},
		`{"tripped":["a"],"count":9}`:           {"lists 1 of 9"},
		`{"tripped":null,"count":9}`:            {"an object instead of"},
		`{"items":["a"],"total":2}`:             {"lists 1 of 2", "in pages"},
		`{"tripped":["a"],"total":2,"limit":1}`: {"lists 1 of 2", "in pages"},
		`{"tripped":["a"],"has_more":true}`:     {"lists 1 circuit breakers, and says that there are more", "in pages"},
		`{"tripped":[],"next":"/v1/admin/x?page=2"}`:       {"lists 0 circuit breakers, and says that there are more"},
		`{"items":["a"],"next_page":2}`:                    {"says that there are more"},
		`{"tripped":["a"],"pagination":{"total":3}}`:       {"lists 1 of 3"},
		`{"tripped":["a"],"links":{"next":{"href":"/x"}}}`: {"says that there are more"},
		`[["a"]]`:                              {"circuit breaker 1", "names no agent: an array"},
		`["a",""]`:                             {"circuit breaker 2", "names no agent: a string"},
		`[{"agent_id":""}]`:                    {"names no agent: an object agent_id"},
		`[{"agent":7,"state":"open"}]`:         {"names no agent: an object agent, state"},
		`[{"id":"x","state":0}]`:               {"has a number for its state"},
		`[{"id":"x","status":{"o":1}}]`:        {"has an object for its status"},
		`["` + strings.Repeat("x", 257) + `"]`: {"longer than 256 bytes"},
	} {
		got, err := parse([]byte(raw), plain)
		if err == nil || got != nil {
			t.Errorf("%.60s: taken for %v", raw, got)
			continue
		}
		webtest.WantFailure(t, failure(t, err), cluster.FailFormat, words...)
	}
	for _, raw := range []string{`{"tripped":[],"error":"not the leader"}`, `{"error":{"code":"x","message":"not the leader"}}`} {
		_, err := parse([]byte(raw), plain)
		webtest.WantFailure(t, failure(t, err), cluster.FailOther, "reports an error: not the leader")
	}
}

func TestTooMany(t *testing.T) {
	all := make([]string, maxBreakers+1)
	for i := range all {
		all[i] = fmt.Sprintf(`"agent-%05d"`, i)
	}
	got, err := parse([]byte("["+strings.Join(all[:maxBreakers], ",")+"]"), plain)
	if err != nil || len(got) != maxBreakers {
		t.Fatal(err, len(got))
	}
	_, err = parse([]byte("["+strings.Join(all, ",")+"]"), plain)
	webtest.WantFailure(t, failure(t, err), cluster.FailTooLarge, "lists 10001 circuit breakers")
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"[" + entry + "]", `{"tripped":[` + entry + `],"count":1}`, `{"items":["a",{"name":"b","status":"half-open","since":1795403160000}]}`,
		`{"tripped":null,"count":0}`, `{"error":{"message":"x"}}`, `[{"id":"\ud800\u0000","failures":1e308,"opened_at":"9999-12-31T23:59:59Z"}]`,
		"\ufeff[]", `[{"state":"closed"}]`, "<html>", "NaN", `[{"id":"x","failures":"0x1p-2","since":"1e10"}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := parse(raw, plain)
		if (err != nil) != (got == nil) {
			t.Fatalf("%v beside %v", got, err)
		}
		if !slices.IsSortedFunc(got, func(a, b cluster.TrippedBreaker) int {
			if a.Agent >= b.Agent {
				return 1
			}
			return -1
		}) {
			t.Error("an agent twice, or out of order")
		}
		for _, b := range got {
			if b.Agent == "" || len(b.Agent) > maxAgent || strings.EqualFold(b.State.String(), "closed") ||
				b.Failures < 0 || b.Failures-b.Failures != 0 || !b.FailuresKnown && b.Failures != 0 ||
				!b.Since.IsZero() && (b.Since.Year() < 2000 || b.Since.Year() > 2099) {
				t.Errorf("%+v", b)
			}
		}
	})
}
