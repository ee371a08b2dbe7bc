package admin

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open returns a collector of url that is closed with the test.
func open(t testing.TB, url string, change ...func(*Options)) *Collector {
	t.Helper()
	o := Options{Node: "node1", URL: url, Clock: sources.NewClock(1), Timeout: 20 * time.Second}
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

// collect reads once. The reading is whole or a failure.
func collect(t testing.TB, c *Collector) (sources.Reading, *cluster.BreakersReading) {
	t.Helper()
	rs := c.Collect(context.Background())
	if len(rs) != 1 {
		t.Fatalf("%d readings, want 1", len(rs))
	}
	body, ok := rs[0].Body.(*cluster.BreakersReading)
	if ok == (rs[0].Err != nil) {
		t.Fatalf("body %v beside %v", rs[0].Body, rs[0].Err)
	}
	return rs[0], body
}
