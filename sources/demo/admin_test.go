package demo

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// ask sends one request and returns status, header and body.
func ask(t *testing.T, method, url, contentType, body string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(b)
}

const jsonType = "application/json"

func TestAdmin(t *testing.T) {
	clock := &handClock{}
	c := run(t, Options{Scenario: "breaker", Clock: clock, Hosts: -1})
	clock.move(10 * time.Second)
	const limit, sync = "/v1/admin/rate-limit", "/v1/admin/cluster/sync"
	const tripped, reset = "/v1/admin/circuit-breakers/tripped", "/v1/admin/circuit-breaker/reset"
	cases := []struct {
		name, method, path, contentType, body string
		status                                int
		want                                  string // part of the body
	}{
		{"no limit yet", "GET", limit, "", "", 200, `{"max_assertions_per_sec":null}`},
		{"throttle", "POST", limit, jsonType, `{"max_assertions_per_sec": 1000}`, 200, `{"max_assertions_per_sec":1000}`},
		{"read back", "GET", limit, "", "", 200, `{"max_assertions_per_sec":1000}`},
		{"charset", "POST", limit, "application/json; charset=utf-8", `{"max_assertions_per_sec":900}`, 200, "900"},
		{"not JSON", "POST", limit, jsonType, `max=1`, 400, `"bad_json"`},
		{"cut off", "POST", limit, jsonType, `{"max_assertions_per_sec":`, 400, `"bad_json"`},
		{"empty", "POST", limit, jsonType, ``, 400, `"bad_json"`},
		{"two objects", "POST", limit, jsonType, `{"max_assertions_per_sec":1}{}`, 400, `"bad_json"`},
		{"misspelt", "POST", limit, jsonType, `{"max_assertions_per_second":1}`, 400, `unknown field`},
		{"a string", "POST", limit, jsonType, `{"max_assertions_per_sec":"1"}`, 422, `"invalid_value"`},
		{"a fraction", "POST", limit, jsonType, `{"max_assertions_per_sec":1.5}`, 422, `"invalid_value"`},
		{"zero", "POST", limit, jsonType, `{"max_assertions_per_sec":0}`, 422, `"invalid_value"`},
		{"negative", "POST", limit, jsonType, `{"max_assertions_per_sec":-5}`, 422, `"invalid_value"`},
		{"huge", "POST", limit, jsonType, `{"max_assertions_per_sec":1000001}`, 422, `"invalid_value"`},
		{"null", "POST", limit, jsonType, `{"max_assertions_per_sec":null}`, 422, `"invalid_value"`},
		{"form", "POST", limit, "application/x-www-form-urlencoded", `{"max_assertions_per_sec":1}`, 415, `"unsupported_media_type"`},
		{"no type", "POST", limit, "", `{"max_assertions_per_sec":1}`, 415, `"unsupported_media_type"`},
		{"big", "POST", limit, jsonType, strings.Repeat(" ", maxRequest+1), 413, `"too_large"`},
		{"wrong method", "DELETE", limit, "", "", 405, `"method_not_allowed"`},
		{"sync", "POST", sync, jsonType, `{"replica_id":"node2","force":true}`, 202, `"sync_id":"sync-node2-0001"`},
		{"sync again", "POST", sync, jsonType, `{"replica_id":"node2","force":true}`, 409, `"sync_running"`},
		{"sync unknown", "POST", sync, jsonType, `{"replica_id":"node77"}`, 404, `"unknown_replica"`},
		{"sync nobody", "POST", sync, jsonType, `{"force":true}`, 422, `"invalid_value"`},
		{"sync force 1", "POST", sync, jsonType, `{"replica_id":"node2","force":1}`, 422, `force must not be a number`},
		{"sync by GET", "GET", sync, "", "", 405, ""},
		{"tripped", "GET", tripped, "", "", 200, `"agent_id":"agent-node4"`},
		{"tripped since", "GET", tripped, "", "", 200, `"tripped_at":"2026-11-22T03:00:03`},
		{"reset nobody", "POST", reset, jsonType, `{"agent_id":"x"}`, 404, `"unknown_agent"`},
		{"reset empty", "POST", reset, jsonType, `{}`, 422, `"invalid_value"`},
		{"reset", "POST", reset, jsonType, `{"agent_id":"agent-node4"}`, 200, `"previous_state":"open"`},
		{"reset again", "POST", reset, jsonType, `{"agent_id":"agent-node4"}`, 200, `"previous_state":"closed"`},
		{"none tripped", "GET", tripped, "", "", 200, `{"count":0,"tripped":[]}`},
		{"no such path", "GET", "/v1/admin", "", "", 404, `"not_found"`},
	}
	primary := c.Nodes()[0].MetricsURL
	for _, tc := range cases {
		status, header, body := ask(t, tc.method, primary+tc.path, tc.contentType, tc.body)
		if status != tc.status || !strings.Contains(body, tc.want) {
			t.Errorf("%s: %d %s, want %d with %s", tc.name, status, body, tc.status, tc.want)
		}
		if header.Get("Content-Type") != jsonType || !json.Valid([]byte(body)) {
			t.Errorf("%s: not JSON: %s: %s", tc.name, header.Get("Content-Type"), body)
		}
		if (status == 405) != (header.Get("Allow") != "") {
			t.Errorf("%s: %d with Allow %q", tc.name, status, header.Get("Allow"))
		}
		if status >= 400 && !strings.HasPrefix(body, `{"error":{"code":`) {
			t.Errorf("%s: not an error: %s", tc.name, body)
		}
	}
	if status, _, _ := ask(t, "GET", c.Nodes()[1].MetricsURL+tripped, "", ""); status != 404 {
		t.Errorf("a replica answers the admin path with %d", status)
	}
}
