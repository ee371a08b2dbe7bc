package admin

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stemedb/stemetop/sources/cluster"
)

// serving returns a client of a server that gives one answer to every GET.
func serving(t *testing.T, status int, contentType, body string) *Client {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return newClient(t, Options{URL: s.URL})
}

func TestReadRateLimit(t *testing.T) {
	for _, x := range []struct {
		status     int
		media, got string
		want       Limit
		kind       cluster.FailureKind
	}{
		{200, jsonType, `{"max_assertions_per_sec":500}`, Limit{PerSecond: 500}, ""},
		{200, jsonType, `{"max_assertions_per_sec":null}`, Limit{Unlimited: true}, ""},
		{200, jsonType, `{}`, Limit{}, cluster.FailFormat},
		{200, jsonType, `{"max_assertions_per_sec":0}`, Limit{}, cluster.FailFormat},
		{200, jsonType, `{"max_assertions_per_sec":"5"}`, Limit{}, cluster.FailFormat},
		{200, "text/html", `<html>`, Limit{}, cluster.FailFormat},
		{404, "text/plain", `no`, Limit{}, cluster.FailMissing},
		{405, "text/plain", `no`, Limit{}, cluster.FailMissing},
		{401, "text/plain", `no`, Limit{}, cluster.FailAuth},
		{500, "text/plain", `no`, Limit{}, cluster.FailStatus},
	} {
		got, r := serving(t, x.status, x.media, x.got).ReadRateLimit(t.Context())
		if kind := kindOf(r.Failure); got != x.want || kind != x.kind {
			t.Errorf("%d %s: %+v %v", x.status, x.got, got, r.Failure)
		}
	}
}

func kindOf(f *cluster.Failure) cluster.FailureKind {
	if f == nil {
		return ""
	}
	return f.Kind
}

// A reading that was given less time than a request has says that time.
func TestReadInTime(t *testing.T) {
	for want, script := range map[string]func(http.ResponseWriter, *http.Request){ // what went by until it began is less
		`no answer within [45]00ms`: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		`the answer was not complete within [45]00ms`: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.Write([]byte("{"))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	} {
		s := httptest.NewServer(http.HandlerFunc(script))
		t.Cleanup(s.Close)
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		if _, r := newClient(t, Options{URL: s.URL}).ReadRateLimit(ctx); r.Failure == nil || !regexp.MustCompile("^"+want+"$").MatchString(r.Failure.What.String()) {
			t.Errorf("%v, want %s", r.Failure, want)
		}
	}
}

func TestReadTripped(t *testing.T) {
	a := Breaker{Agent: "a", Failures: -1}
	full := Breaker{Agent: "a\x1b", State: cluster.Clean("open"), Since: cluster.Clean("2026-11-22T03:00:00Z"), Reason: cluster.Clean("7 timeouts"), Failures: 7}
	const fullJSON = `{"agent_id":"a\u001b","state":"open","tripped_at":"2026-11-22T03:00:00Z","failures":7,"reason":"7 timeouts"}`
	for body, want := range map[string][]Breaker{
		`[]`:                                 {},
		`["a"]`:                              {a},
		`[{"agent_id":"a"}]`:                 {a},
		`{"tripped":[` + fullJSON + `]}`:     {full},
		`{"tripped":[],"count":0}`:           {},
		`{"tripped":null}`:                   {},
		`{"circuit_breakers":[{"id":"a"}]}`:  {a},
		`{"items":["a"],"total":1}`:          {a},
		`{"items":["a"],"total":2}`:          nil,
		`{"breakers":[{"agent":"a"}]}`:       {a},
		`[{"agent_id":""}]`:                  nil,
		`[{"agent_id":7}]`:                   nil,
		`{"tripped":{}}`:                     nil,
		`{}`:                                 nil,
		`null`:                               nil,
		`7`:                                  nil,
		`[{"agent_id":"a","failures":null}]`: {a},
	} {
		got, r := serving(t, 200, jsonType, body).ReadTripped(t.Context())
		if (r.Failure == nil) != (want != nil) || !cmp.Equal(got, want, cmp.AllowUnexported(cluster.Text{})) {
			t.Errorf("%s: %+v, %v", body, got, r.Failure)
		}
	}
}
