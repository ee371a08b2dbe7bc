package metrics

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/expfmt"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web/webtest"
)

const plain = "text/plain; version=0.0.4; charset=utf-8"

func TestCollect(t *testing.T) {
	var got http.Header
	var path string
	s := webtest.HTTP(t, func(w http.ResponseWriter, r *http.Request) {
		got, path = r.Header.Clone(), r.URL.Path
		w.Header().Set("Date", "Sun, 23 Nov 2026 03:00:00 GMT")
		webtest.Answer(plain, good)(w, r)
	})
	before := time.Now()
	r, body := collect(t, open(t, s.URL))
	if r.Err != nil || body == nil || len(body.Samples) != 9 {
		t.Fatal(r.Err, body)
	}
	if !body.ServerDate.Equal(time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)) {
		t.Error(body.ServerDate)
	}
	if r.Took <= 0 || r.Taken.Before(before.Round(0)) || r.Taken.After(before.Add(r.Took+time.Second)) {
		t.Errorf("taken %v, took %v, began %v", r.Taken, r.Took, before)
	}
	if path != "/metrics" || got.Get("Accept-Encoding") != "gzip" {
		t.Error(path, got)
	}
	if f := expfmt.NegotiateAccept(got, expfmt.DefaultOpenMetricsAcceptedFormats()...); f.FormatType() != expfmt.TypeOpenMetrics {
		t.Errorf("a server negotiates %s", f)
	}
	if f := expfmt.NegotiateAccept(got, expfmt.DefaultAcceptedFormats()...); f.FormatType() != expfmt.TypeTextPlain {
		t.Errorf("an old server negotiates %s", f)
	}
}

func TestURLPaths(t *testing.T) {
	for url, want := range map[string]string{
		"http://h:1":                  "h:1/metrics",
		"http://h:1/":                 "h:1/metrics",
		"https://u:p@h/x?token=t#f":   "h/x",
		"http://[::1]:18180/admin/m/": "[::1]:18180/admin/m/",
	} {
		target, err := parseTarget(url)
		if err != nil || target.String() != want || target.URL.User != nil {
			t.Errorf("%s: %q %v, want %q", url, target, err, want)
		}
	}
	for _, url := range []string{"", "h:1", "u:hunter2@h:1", "ftp://h", "http://", "http://u:hunter2@h:port", "http://u:hunter2@h\x7f", "//h?hunter2"} {
		_, err := parseTarget(url)
		var f *cluster.Failure
		if !errors.As(err, &f) || f.Kind != cluster.FailConfig || f.Hint.IsZero() || strings.Contains(f.Error(), "hunter2") {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"same name":   func(o *Options) { o.Names.Lag = o.Names.Assertions },
		"bad name":    func(o *Options) { o.Names.Lag = "\xff" },
		"no label":    func(o *Options) { o.Names.ReplicaLabel = "" },
		"two secrets": func(o *Options) { o.URL, o.TokenFile = "http://u:p@h", "f" },
	} {
		o := Options{URL: "http://h", Names: Defaults()}
		change(&o)
		if _, err := New(o); err == nil {
			t.Error(name)
		}
	}
}

func TestFormats(t *testing.T) {
	for name, c := range map[string]struct {
		contentType, text string
		kind              cluster.FailureKind
	}{
		"no type":      {"", good, ""},
		"text":         {plain, good, ""},
		"text 1.0.0":   {"text/plain;version=1.0.0;escaping=allow-utf-8", good, ""},
		"broken type":  {"text/plain; ;;", good, cluster.FailFormat},
		"open metrics": {"application/openmetrics-text; version=1.0.0; charset=utf-8", openGood, ""},
		"html type":    {"text/html", good, cluster.FailFormat},
		"html text":    {plain, "<html>", cluster.FailFormat},
		"json":         {"application/json", "{}", cluster.FailFormat},
		"empty":        {plain, "", cluster.FailFormat},
	} {
		t.Run(name, func(t *testing.T) {
			s := webtest.HTTP(t, func(w http.ResponseWriter, r *http.Request) {
				webtest.Answer(c.contentType, c.text)(w, r)
				if c.contentType == "" {
					w.Header()["Content-Type"] = nil
				}
			})
			r, body := collect(t, open(t, s.URL))
			if c.kind != "" {
				webtest.WantFailure(t, r.Err, c.kind)
				if body != nil {
					t.Error(body)
				}
			} else if r.Err != nil || body == nil || len(body.Samples) == 0 {
				t.Error(r.Err, body)
			}
		})
	}
}

// One connection serves all scrapes, those that end in a bad status as well.
func TestOneConnection(t *testing.T) {
	var conns atomic.Int32
	var turn atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch turn.Add(1) % 3 {
		case 0:
			http.NotFound(w, r)
		case 1:
			gzipped(packed(t, good))(w, r)
		default:
			webtest.Answer(plain, exposition(2000))(w, r)
		}
	}))
	s.Config.ConnState = func(_ net.Conn, c http.ConnState) {
		if c == http.StateNew {
			conns.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := open(t, s.URL)
	for range 9 {
		collect(t, c)
	}
	if n := conns.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
	// A connection that the node closed meanwhile is replaced within the scrape.
	s.CloseClientConnections()
	turn.Store(0)
	if r, _ := collect(t, c); r.Err != nil {
		t.Error(r.Err)
	}
}

func TestDurationsAtTheirOwnRate(t *testing.T) {
	s := webtest.HTTP(t, webtest.Answer(plain, good))
	clock := &fakeClock{wall: time.Unix(1e9, 0)}
	c := open(t, s.URL, func(o *Options) { o.Clock = clock })
	asks := func() bool {
		_, body := collect(t, c)
		has := body.Asked.Has(cluster.FamilySyncDurationSum)
		if _, ok := body.Value(cluster.FamilySyncDurationCount, ""); ok != has || body.Asked.Has(cluster.FamilySyncDurationCount) != has {
			t.Error("asked and given differ")
		}
		return has
	}
	var got []bool
	for range 4 {
		got = append(got, asks())
		clock.mono += 5 * time.Second
	}
	c.Watch(true)
	got = append(got, asks())
	c.Watch(false)
	got = append(got, asks())
	if d := cmp.Diff([]bool{true, false, false, true, true, false}, got); d != "" {
		t.Error(d)
	}
}

func TestMissingLag(t *testing.T) {
	s := webtest.HTTP(t, webtest.Answer(plain, "stemedb_assertions_indexed_total 5\n"))
	r, body := collect(t, open(t, s.URL))
	webtest.WantFailure(t, r.Err, cluster.FailMissing, "stemedb_replication_lag_seconds", "metrics.lag")
	if body == nil || len(body.Samples) != 1 || !body.Asked.Has(cluster.FamilyLag) {
		t.Error(body)
	}
	r, body = collect(t, open(t, s.URL, func(o *Options) { o.Primary = false }))
	if r.Err != nil || body.Asked.Has(cluster.FamilyLag) {
		t.Error(r.Err, body)
	}
}

func TestUnitOfReading(t *testing.T) {
	for text, want := range map[string]cluster.ProgressUnit{
		"# HELP stemedb_merkle_sync_progress Share, 0 to 1.\n":   cluster.ProgressRatio,
		"# HELP stemedb_merkle_sync_progress In percent.\n":      cluster.ProgressPercent,
		"# UNIT stemedb_merkle_sync_progress ratio\n":            cluster.ProgressRatio,
		"# HELP stemedb_merkle_sync_progress_other In percent\n": cluster.ProgressAuto,
	} {
		_, body := collect(t, open(t, webtest.HTTP(t, webtest.Answer(plain, text+good)).URL))
		if body.Unit != want {
			t.Errorf("%q: %d, want %d", text, body.Unit, want)
		}
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := webtest.HTTP(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	if rs := open(t, s.URL).Collect(ctx); len(rs) != 0 {
		t.Error(rs)
	}
}
