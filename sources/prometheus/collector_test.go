package prometheus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web/webtest"
)

// listed is an answer with alerts.
func listed(alerts ...string) string {
	return `{"status":"success","data":{"alerts":[` + strings.Join(alerts, ",") + `]}}`
}

const (
	lagFiring = `{"labels":{"alertname":"ReplicationLagCritical","replica":"node2","instance":"10.0.0.1:18180","severity":"critical","cluster":"eu"},
		"annotations":{"summary":"Replica lag exceeds 10 seconds"},"state":"firing","activeAt":"2026-11-22T03:05:04.123Z","value":"4.13e+01"}`
	warnPending = `{"labels":{"alertname":"ReplicationLagWarning","replica":"node3"},"annotations":{},"state":"pending","activeAt":"2026-11-22T03:05:04Z","value":"6"}`
	splitBrain  = `{"labels":{"alertname":"ClusterSplitBrain","severity":"critical","cluster":"us"},"annotations":{},"state":"firing","activeAt":"","value":1}`
	foreign     = `{"labels":{"alertname":"DiskFull"},"state":"firing"}`
)

func TestCollect(t *testing.T) {
	var got *http.Request
	s := webtest.HTTP(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Clone(context.Background())
		webtest.Answer("application/json", listed(foreign, warnPending, splitBrain, lagFiring))(w, r)
	})
	body, err := collect(t, open(t, s.URL+"/prefix/"))
	want := &cluster.PrometheusReading{Others: 1, Alerts: []cluster.PrometheusAlert{
		{Name: cluster.Clean("ClusterSplitBrain"), State: cluster.AlertFiring, Severity: cluster.Clean("critical")},
		{
			Name: cluster.Clean("ReplicationLagCritical"), State: cluster.AlertFiring, Severity: cluster.Clean("critical"), Replica: "node2",
			Instance: cluster.Clean("10.0.0.1:18180"), Active: time.Date(2026, 11, 22, 3, 5, 4, 123e6, time.UTC), Summary: cluster.Clean("Replica lag exceeds 10 seconds"),
		},
		{Name: cluster.Clean("ReplicationLagWarning"), State: cluster.AlertPending, Replica: "node3", Active: time.Date(2026, 11, 22, 3, 5, 4, 0, time.UTC)},
	}}
	if d := cmp.Diff(want, body, cmpopts.EquateComparable(cluster.Text{})); d != "" || err != nil {
		t.Error(d, err)
	}
	if got.Method != http.MethodGet || got.URL.Path != "/prefix/api/v1/alerts" {
		t.Error(got.Method, got.URL)
	}
}

// Where a server watches several clusters, the labels tell whose an alert is.
func TestLabelsOfTheCluster(t *testing.T) {
	s := webtest.HTTP(t, webtest.Answer("application/json", listed(lagFiring, splitBrain, warnPending)))
	body, err := collect(t, open(t, s.URL, func(o *Options) { o.Labels = map[string]string{"cluster": "eu"} }))
	if err != nil || len(body.Alerts) != 1 || body.Alerts[0].Replica != "node2" || body.Others != 2 {
		t.Errorf("%+v %v", body, err)
	}
}

// Between two questions nothing is asked, and a round that comes a little early
// is not lost.
func TestAsksAtItsOwnRate(t *testing.T) {
	s := webtest.HTTP(t, webtest.Answer("application/json", listed()))
	clock := &fakeClock{}
	c := open(t, s.URL, func(o *Options) { o.Clock, o.Every = clock, 15*time.Second })
	asked := ""
	for i := range 32 {
		clock.at = time.Duration(i) * 990 * time.Millisecond
		if len(c.Collect(t.Context())) > 0 {
			asked += fmt.Sprint(i, " ")
		}
	}
	if asked != "0 15 30 " {
		t.Errorf("asked in rounds %s", asked)
	}
}

type fakeClock struct{ at time.Duration }

func (c *fakeClock) Now() time.Time                             { return time.Unix(0, 0).Add(c.at) }
func (c *fakeClock) Mono() time.Duration                        { return c.at }
func (c *fakeClock) Sleep(context.Context, time.Duration) error { return nil }
func (c *fakeClock) Real(d time.Duration) time.Duration         { return d }
func (c *fakeClock) Speed() float64                             { return 1 }

// One entry that makes no sense costs none of the others, and is told.
func TestPartial(t *testing.T) {
	for name, bad := range map[string]string{
		"labels of numbers": `{"labels":{"alertname":7},"state":"firing"}`,
		"no name":           `{"labels":{},"state":"firing"}`,
		"a word":            `"firing"`,
		"an unknown state":  `{"labels":{"alertname":"ClusterSplitBrain"},"state":"smouldering"}`,
	} {
		body, err := collect(t, open(t, webtest.HTTP(t, webtest.Answer("", listed(bad, lagFiring))).URL))
		webtest.WantFailure(t, err, cluster.FailFormat, "1 of its alerts not understood")
		if body == nil || len(body.Alerts) != 1 {
			t.Errorf("%s: %+v", name, body)
		}
	}
	many := make([]string, maxAlerts+3)
	for i := range many {
		many[i] = lagFiring
	}
	body, err := collect(t, open(t, webtest.HTTP(t, webtest.Answer("", listed(many...))).URL))
	webtest.WantFailure(t, err, cluster.FailTooLarge, "3 more alerts", "prometheus.labels")
	if len(body.Alerts) != maxAlerts {
		t.Errorf("%d alerts", len(body.Alerts))
	}
}

func TestFaults(t *testing.T) {
	for text, want := range map[string]struct {
		kind  cluster.FailureKind
		words string
	}{
		"":                         {cluster.FailFormat, "empty answer"},
		"<html>":                   {cluster.FailFormat, "HTML page"},
		"# HELP up":                {cluster.FailFormat, "prometheus.url"},
		`{"status":"success"`:      {cluster.FailFormat, "malformed JSON"},
		`{"status":"success"}`:     {cluster.FailFormat, "without a list of alerts"},
		`{"data":{"alerts":null}}`: {cluster.FailFormat, "without a list of alerts"},
		`{"data":{"groups":[]}}`:   {cluster.FailFormat, "without a list of alerts"},
		`{"data":{"alerts":{}}}`:   {cluster.FailFormat, "another shape"},
		`{"status":"error","errorType":"internal","error":"boom \u001b[31m"}`: {cluster.FailOther, `internal boom \x1b[31m`},
	} {
		body, err := collect(t, open(t, webtest.HTTP(t, webtest.Answer("application/json", text)).URL))
		webtest.WantFailure(t, err, want.kind, want.words)
		if body != nil {
			t.Errorf("%q gave %+v", text, body)
		}
	}
	for status, words := range map[int]string{401: "prometheus.token_file", 404: "path prefix", 405: "by GET", 503: "starting", 500: "status 500"} {
		s := webtest.HTTP(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		_, err := collect(t, open(t, s.URL))
		if err == nil || !strings.Contains(err.What.String()+" "+err.Hint.String(), words) {
			t.Errorf("%d: %v", status, err)
		}
	}
	url := webtest.Serve(t, webtest.Endless("HTTP/1.1 200 OK\r\n\r\n{\"data\":{\"alerts\":[", foreign+","))
	_, err := collect(t, open(t, url, func(o *Options) { o.BodyLimit = 1 << 20 }))
	webtest.WantFailure(t, err, cluster.FailTooLarge, "larger than 1 MiB")
	url = webtest.Serve(t, func(c *net.TCPConn) { webtest.Hang(c) })
	_, err = collect(t, open(t, url, func(o *Options) { o.Timeout = 200 * time.Millisecond }))
	webtest.WantFailure(t, err, cluster.FailTimeout, "no answer")
}

// A token is sent, and no text of the server's brings it to the screen.
func TestTokenIsHidden(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var auth string
	s := webtest.HTTP(t, func(w http.ResponseWriter, r *http.Request) {
		auth = r.Header.Get("Authorization")
		webtest.Answer("application/json", listed(`{"labels":{"alertname":"ClusterSplitBrain"},"annotations":{"summary":"by \u0068unter2"},"state":"firing"}`))(w, r)
	})
	body, failure := collect(t, open(t, s.URL, func(o *Options) { o.TokenFile = file }))
	if failure != nil || auth != "Bearer hunter2" || body.Alerts[0].Summary.String() != "by [secret]" {
		t.Error(failure, auth, body)
	}
	var f *cluster.Failure
	if _, err := New(Options{URL: "u:hunter2@h"}); !errors.As(err, &f) || f.Kind != cluster.FailConfig || strings.Contains(f.Error(), "hunter2") {
		t.Error(err)
	}
}
