package metrics

import (
	"context"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

func TestMain(m *testing.M) {
	if addr := os.Getenv(serveEnv); addr != "" {
		serveForBenchmarks()
		return
	}
	goleak.VerifyTestMain(m)
}

// fakeClock stands still but for what a test adds.
type fakeClock struct {
	sources.Clock
	wall time.Time
	mono time.Duration
}

func (c *fakeClock) Now() time.Time      { return c.wall.Add(c.mono) }
func (c *fakeClock) Mono() time.Duration { return c.mono }

// open returns a collector of url that is closed with the test.
func open(t testing.TB, url string, change ...func(*Options)) *Collector {
	t.Helper()
	o := Options{Node: "node1", URL: url, Names: Defaults(), Clock: sources.NewClock(1), Primary: true, Timeout: 20 * time.Second}
	for _, f := range change {
		f(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// collect scrapes once and returns the one reading.
func collect(t testing.TB, c *Collector) (sources.Reading, *cluster.MetricsReading) {
	t.Helper()
	rs := c.Collect(context.Background())
	if len(rs) != 1 {
		t.Fatalf("%d readings, want 1", len(rs))
	}
	body, _ := rs[0].Body.(*cluster.MetricsReading)
	return rs[0], body
}

func brief(timeout time.Duration) func(*Options) {
	return func(o *Options) { o.Timeout = timeout }
}
