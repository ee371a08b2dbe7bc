package demo

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

const (
	plainType = "text/plain; version=0.0.4"
	openType  = "application/openmetrics-text; version=1.0.0"
)

func get(t testing.TB, h http.Handler, accept, encoding string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept", accept)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func testPages(t testing.TB, o Options) (*pages, *handClock) {
	t.Helper()
	clock := &handClock{}
	o.Clock = clock
	w, err := o.world()
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPages(newSim(clock, w))
	if err != nil {
		t.Fatal(err)
	}
	return p, clock
}

// A page of each role has the size and the families that it should, by the
// parser of record.
func TestPage(t *testing.T) {
	p, clock := testPages(t, Options{Scenario: "disk", Hosts: -1})
	clock.move(30 * time.Second)
	for node, want := range map[int][]string{
		0: {"stemedb_replication_lag_seconds", "stemedb_network_bytes_sent_total", "stemedb_merkle_sync_progress"},
		1: {"stemedb_merkle_sync_progress", "stemedb_merkle_sync_errors_total", "stemedb_merkle_sync_duration_seconds"},
	} {
		w := get(t, handler(p, node), plainType, "")
		if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, plainType) {
			t.Errorf("node %d: Content-Type %q", node, got)
		}
		body := w.Body.String()
		series := 0
		for line := range strings.Lines(body) {
			if line[0] != '#' {
				series++
			}
		}
		if series < 400 || series > 600 || len(body) < 30_000 || len(body) > 65_000 {
			t.Errorf("node %d: %d series in %d bytes", node, series, len(body))
		}
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range append(want, "stemedb_assertions_indexed_total", "process_start_time_seconds") {
			if families[name] == nil {
				t.Errorf("node %d lacks %s", node, name)
			}
		}
		lag := families["stemedb_replication_lag_seconds"]
		if (lag != nil) != (node == 0) {
			t.Errorf("node %d: lag %v", node, lag)
		}
		if node == 0 && (len(lag.GetMetric()) != 4 || lag.GetMetric()[0].GetGauge().GetValue() < 10) {
			t.Errorf("lag after 28 s of a saturated disk: %v", lag)
		}
	}
}

// gzip changes nothing, and the two formats differ only as they should.
func TestPageEncodings(t *testing.T) {
	p, _ := testPages(t, Options{Hosts: -1})
	for _, accept := range []string{plainType, openType, "application/openmetrics-text; version=0.0.1", "*/*", ""} {
		for node := range 2 {
			plain := get(t, handler(p, node), accept, "identity")
			packed := get(t, handler(p, node), accept, "br, gzip;q=0.8")
			if packed.Header().Get("Content-Encoding") != "gzip" || plain.Header().Get("Content-Encoding") != "" {
				t.Errorf("%s: encodings %v and %v", accept, plain.Header(), packed.Header())
			}
			z, err := gzip.NewReader(packed.Body)
			if err != nil {
				t.Fatal(err)
			}
			z.Multistream(false) // one member: not all clients read more
			size := packed.Body.Len()
			body, err := io.ReadAll(z)
			if err != nil || string(body) != plain.Body.String() {
				t.Errorf("%s: gzip gave something else: %v", accept, err)
			}
			if size > len(body)/4 {
				t.Errorf("%s: %d bytes packed into %d", accept, len(body), size)
			}
			open := strings.Contains(plain.Header().Get("Content-Type"), "openmetrics")
			if open != strings.HasSuffix(string(body), "# EOF\n") || open == strings.Contains(string(body), "# TYPE stemedb_assertions_indexed_total") {
				t.Errorf("%s: wrong format", accept)
			}
		}
	}
	if w := get(t, handler(p, 0), plainType, "gzip;q=0"); w.Header().Get("Content-Encoding") != "" {
		t.Error("gzip although refused")
	}
}

func TestPageMethods(t *testing.T) {
	c := run(t, Options{Clock: &handClock{}, Hosts: -1})
	url := c.Nodes()[1].MetricsURL + "/metrics"
	if status, header, body := ask(t, http.MethodHead, url, "", ""); status != 200 || body != "" || header.Get("Content-Length") == "" {
		t.Errorf("HEAD: %d, %d bytes, %v", status, len(body), header)
	}
	if status, header, _ := ask(t, http.MethodPost, url, "", ""); status != 405 || header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d, Allow %q", status, header.Get("Allow"))
	}
}

// A node whose process is down cuts connections, and only then.
func TestCrashingNode(t *testing.T) {
	clock := &handClock{}
	c := run(t, Options{Scenario: "healthy", Clock: clock, Hosts: -1, CrashLoop: "node3"})
	up, down := 0, 0
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range 60 {
		clock.move(time.Second)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.Nodes()[2].MetricsURL+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(r)
		if err != nil {
			down++
			continue
		}
		up++
		_ = resp.Body.Close()
	}
	if up < 20 || down < 10 {
		t.Errorf("up %d, down %d", up, down)
	}
}

// The budget is 1 s of CPU for 20,000 pages of a replica: 1,000 targets scraped each second
// must leave the processor to the one who scrapes.
func BenchmarkPage(b *testing.B) {
	for _, bc := range []struct {
		name, encoding string
		node, replicas int
	}{
		{"replica", "", 1, 4},
		{"replica/gzip", "gzip", 1, 4},
		{"primary/gzip", "gzip", 0, 4},
		{"primary/gzip/1000replicas", "gzip", 0, 1000},
	} {
		b.Run(bc.name, func(b *testing.B) {
			p, _ := testPages(b, Options{Replicas: bc.replicas, Hosts: -1})
			h := handler(p, bc.node)
			b.ReportAllocs()
			for b.Loop() {
				get(b, h, plainType, bc.encoding)
			}
		})
	}
}
