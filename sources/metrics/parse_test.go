package metrics

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web"
	"github.com/stemedb/stemetop/sources/web/webtest"
)

// parseAll reads an exposition as a scrape of everything would.
func parseAll(text string, openMetrics bool) ([]cluster.Sample, *scratch, error) {
	f := newFilter(Defaults(), openMetrics)
	for i := range cluster.NumFamilies {
		f.asked = f.asked.With(cluster.Family(i))
	}
	s := newScratch()
	taken, broke, err := s.take(strings.NewReader(text), &f, "replica")
	if broke != nil {
		err = broke
	}
	return taken.samples, s, err
}

const good = `# HELP stemedb_replication_lag_seconds Age of the oldest unapplied assertion.
# TYPE stemedb_replication_lag_seconds gauge
stemedb_replication_lag_seconds{replica="node3"} 0.5
stemedb_replication_lag_seconds{replica="node2",} 12.5 1395066363000
	stemedb_assertions_indexed_total  1027
http_requests_total{path="/a b} 1",code="200"} 5
# TYPE stemedb_merkle_sync_duration_seconds histogram
stemedb_merkle_sync_duration_seconds_bucket{le="+Inf"} 2
stemedb_merkle_sync_duration_seconds_sum 7.5
stemedb_merkle_sync_duration_seconds_count 2
stemedb_merkle_sync_progress{replica="node2"} NaN
stemedb_merkle_sync_progress{replica="node3"} -Inf
stemedb_merkle_sync_errors_total{replica="a\\b\"c\nd} 9"} 3
stemedb_network_bytes_sent_total{peer="node2"} 10
stemedb_network_bytes_sent_total{peer="node3"} 20
`

func TestParseText(t *testing.T) {
	got, _, err := parseAll(good, false)
	if err != nil {
		t.Fatal(err)
	}
	want := []cluster.Sample{
		{Family: cluster.FamilyLag, Replica: "node2", Value: 12.5},
		{Family: cluster.FamilyLag, Replica: "node3", Value: 0.5},
		{Family: cluster.FamilyAssertions, Value: 1027},
		{Family: cluster.FamilySyncProgress, Replica: "node2", Value: math.NaN()},
		{Family: cluster.FamilySyncProgress, Replica: "node3", Value: math.Inf(-1)},
		{Family: cluster.FamilySyncErrors, Replica: "a\\b\"c\nd} 9", Value: 3},
		{Family: cluster.FamilySyncDurationSum, Value: 7.5},
		{Family: cluster.FamilySyncDurationCount, Value: 2},
		{Family: cluster.FamilySentBytes, Value: 30},
	}
	if d := cmp.Diff(want, got, cmp.Comparer(sameFloat)); d != "" {
		t.Error(d)
	}
}

func sameFloat(a, b float64) bool { return a == b || (math.IsNaN(a) && math.IsNaN(b)) }

// Any cut of the body in reads gives the same.
func TestScanByBytes(t *testing.T) {
	f := newFilter(Defaults(), false)
	f.asked = 1<<cluster.NumFamilies - 1
	s := newScratch()
	if err := s.scan(iotest.OneByteReader(strings.NewReader(good)), &f); err != nil {
		t.Fatal(err)
	}
	_, whole, err := parseAll(good, false)
	if err != nil || string(s.kept) != string(whole.kept) {
		t.Errorf("%v; kept %q, want %q", err, s.kept, whole.kept)
	}
}

func TestParsePartial(t *testing.T) {
	const lag = "stemedb_replication_lag_seconds"
	first := lag + "{replica=\"node2\"} 1\n"
	for name, c := range map[string]struct {
		text  string
		words string
		kept  int
	}{
		"cut in a line":       {first + lag + "{rep", "middle of a line", 1},
		"cut before newline":  {first + lag + `{replica="node3"} 17`, "middle of a line", 1},
		"garbage":             {first + "\x00\x01\x02\n" + lag + "{replica=\"node3\"} 1\n", "line 2 is no metric", 1},
		"html half way":       {first + "<html>\n", "line 2 is no metric", 1},
		"words":               {first + "Internal error: out of memory\n", "line 2 is no metric", 1},
		"words and a number":  {first + "error code 5\n", "line 2 is no metric", 1},
		"html":                {"<!doctype html>\n", "HTML page", 0},
		"html without line":   {"  <html></html>", "HTML page", 0},
		"json":                {"{\"status\":\"ok\"}\n", "line 1 is no metric", 0},
		"empty":               {"", "empty answer", 0},
		"crlf":                {"a 1\r\n", "line 1 is no metric", 0},
		"no value":            {first + lag + "{replica=\"node3\"} x1\n", "malformed", 1},
		"bad timestamp":       {first + lag + "{replica=\"node3\"} 1 2.5\n", "malformed", 1},
		"unclosed label":      {first + lag + "{replica=\"node3} 1\n", "malformed", 1},
		"bad utf-8 label":     {first + lag + "{replica=\"\xff\"} 1\n", "malformed", 1},
		"equal series":        {first + lag + "{replica=\"node3\"} 1\n" + first, "duplicate series of " + lag + " about replica node2", 1},
		"same replica twice":  {first + lag + "{replica=\"node2\",shard=\"1\"} 1\n", "duplicate series", 0},
		"no replica label":    {first + lag + " 3\n", "has no label replica", 1},
		"other label":         {first + lag + "{peer=\"node3\",shard=\"1\"} 3\n", "there is: peer, shard", 1},
		"empty replica label": {first + lag + "{replica=\"\"} 3\n", "has no label replica", 1},
		"long replica label":  {first + lag + "{replica=\"" + strings.Repeat("x", 257) + "\"} 3\n", "longer than 256 bytes", 1},
		"long line":           {first + "a{b=\"" + strings.Repeat("x", 70000) + "\"} 3\n", "line 2 is longer than 64 kB", 1},
		"equal counters":      {first + "stemedb_network_bytes_sent_total{peer=\"a\",x=\"b\"} 3\nstemedb_network_bytes_sent_total{x=\"b\",peer=\"a\"} 3\n", "duplicate series of stemedb_network_bytes_sent_total about the node itself", 1},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := parseAll(c.text, false)
			if err == nil || len(got) != c.kept {
				t.Fatalf("error %v, samples %v, want %d", err, got, c.kept)
			}
			kind := cluster.FailFormat
			if strings.HasPrefix(c.words, "duplicate") {
				kind = cluster.FailDuplicate
			}
			webtest.WantFailure(t, failure(t, err), kind, c.words)
		})
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

func TestSumsPerReplica(t *testing.T) {
	got, _, err := parseAll(`stemedb_merkle_sync_errors_total{replica="node2",reason="io"} 1
stemedb_merkle_sync_errors_total{replica="node2",reason="net"} 2
stemedb_merkle_sync_errors_total{replica="node3",reason="net"} 4
stemedb_merkle_sync_errors_total{reason="net"} 8
stemedb_assertions_indexed_total{shard="0"} 16
stemedb_assertions_indexed_total{shard="1"} NaN
`, false)
	if err != nil {
		t.Fatal(err)
	}
	want := []cluster.Sample{
		{Family: cluster.FamilyAssertions, Value: math.NaN()},
		{Family: cluster.FamilySyncErrors, Value: 8},
		{Family: cluster.FamilySyncErrors, Replica: "node2", Value: 3},
		{Family: cluster.FamilySyncErrors, Replica: "node3", Value: 4},
	}
	if d := cmp.Diff(want, got, cmp.Comparer(sameFloat)); d != "" {
		t.Error(d)
	}
}

// A cut leaves no part of a total, which would look like a reset counter.
func TestCutLeavesNoPartOfATotal(t *testing.T) {
	got, _, err := parseAll(`stemedb_assertions_indexed_total 5
stemedb_network_bytes_sent_total{peer="node2"} 10
stemedb_network_bytes_sent_tot`, false)
	if d := cmp.Diff([]cluster.Sample{{Family: cluster.FamilyAssertions, Value: 5}}, got); d != "" || err == nil {
		t.Error(d, err)
	}
}

// When the process began is of help, and no more: nothing about it is a fault of the
// reading. Of several processes the earliest counts, and a part of them says nothing.
func TestStartTime(t *testing.T) {
	const start = "process_start_time_seconds"
	for text, want := range map[string][]float64{
		start + " 1.7e+09\n": {1.7e9},
		start + "{worker=\"2\"} 1700000900\n" + start + "{worker=\"1\"} 1700000000\n":       {1.7e9},
		start + " 1700000900\n" + start + " 1700000000\n":                                   {1.7e9},
		start + "{worker=\"2\"} 1700000900\n" + start + "{worker=\"1\"} 1700000000\n<html>": nil,
		start + "{replica=\"" + strings.Repeat("x", 257) + "\"} 1700000000\n":               nil,
	} {
		got, _, err := parseAll("stemedb_assertions_indexed_total 5\n"+text, false)
		if cut := strings.HasSuffix(text, ">"); (err != nil) != cut {
			t.Errorf("%q: %v", text, err)
		}
		var starts []float64
		for _, s := range got {
			if s.Family == cluster.FamilyStartTime {
				starts = append(starts, s.Value)
			}
		}
		if !slices.Equal(starts, want) {
			t.Errorf("%q: %v, want %v", text, starts, want)
		}
	}
}

func TestTooManySeries(t *testing.T) {
	var b strings.Builder
	for i := range maxSeries + 5 {
		fmt.Fprintf(&b, "stemedb_replication_lag_seconds{replica=\"n%05d\"} 1\n", i)
	}
	got, _, err := parseAll(b.String(), false)
	if len(got) != maxSeries {
		t.Errorf("%d samples, want %d", len(got), maxSeries)
	}
	webtest.WantFailure(t, failure(t, err), cluster.FailTooLarge, "more than 20000 series")
}

func TestQuotedNames(t *testing.T) {
	n := Defaults()
	n.Lag, n.SyncProgress = "steme.lag\"s", "steme progress"
	f := newFilter(n, false)
	f.asked = 1<<cluster.NumFamilies - 1
	s := newScratch()
	got, broke, err := s.take(strings.NewReader(`{"steme.lag\"s",replica="a"} 1
{replica="b","steme.lag\"s"} 2
{"other",replica="steme progress"} 2
# HELP "steme progress" In percent.
{"steme progress",replica="a"} 2
`), &f, "replica")
	want := []cluster.Sample{
		{Family: cluster.FamilyLag, Replica: "a", Value: 1},
		{Family: cluster.FamilyLag, Replica: "b", Value: 2},
		{Family: cluster.FamilySyncProgress, Replica: "a", Value: 2},
	}
	if d := cmp.Diff(want, got.samples); d != "" || broke != nil || err != nil || string(s.help) != "In percent." {
		t.Error(d, err, string(s.help))
	}
}

func TestUnit(t *testing.T) {
	for _, c := range []struct {
		name, unit, help string
		want             cluster.ProgressUnit
	}{
		{"p", "", "Progress of the sync, 0 to 1.", cluster.ProgressRatio},
		{"p", "", "Progress (0-1)", cluster.ProgressRatio},
		{"p", "", "between 0.0 and 1.0", cluster.ProgressRatio},
		{"p", "", "completed fraction", cluster.ProgressRatio},
		{"p", "", "Progress (0-100)", cluster.ProgressPercent},
		{"p", "", "from 0 to 100", cluster.ProgressPercent},
		{"p", "", "Percentage done", cluster.ProgressPercent},
		{"p", "", "done in %", cluster.ProgressPercent},
		{"p", "", "ratio, in percent", cluster.ProgressAuto},
		{"p", "", "Progress of the sync.", cluster.ProgressAuto},
		{"p", "", "10-1 migrations, operation 0 to 10", cluster.ProgressAuto},
		{"p", "ratio", "percent", cluster.ProgressRatio},
		{"p_percent", "", "ratio", cluster.ProgressPercent},
		{"p_ratio", "", "", cluster.ProgressRatio},
	} {
		if got := unitOf(c.name, c.unit, c.help); got != c.want {
			t.Errorf("%q %q %q: %d, want %d", c.name, c.unit, c.help, got, c.want)
		}
	}
}
