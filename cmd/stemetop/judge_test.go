package main

import (
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
)

// TestConcludedWhateverTheClockSays: a wall clock that is set back or ahead makes no
// conclusion wait, and none come oftener.
func TestConcludedWhateverTheClockSays(t *testing.T) {
	for _, by := range []time.Duration{0, -time.Hour, time.Hour} {
		b := newJudging(time.Second, nil)
		n := 0
		for i := range 40 { // ten seconds
			mono := time.Duration(i) * 250 * time.Millisecond
			o := cluster.Observation{
				Received: time.Unix(1_700_000_000, 0).Add(mono), Mono: mono,
				Source: cluster.Source{Kind: cluster.FromMetrics, Node: "node1"},
			}
			if i >= 20 {
				o.Received = o.Received.Add(by)
			}
			if b.due(&o) {
				n++
			}
		}
		if n != 10 {
			t.Errorf("set by %v: concluded %d times in 10 s", by, n)
		}
	}
}

// TestSpaceOfShortRates: a rule's range holds enough of what is remembered.
func TestSpaceOfShortRates(t *testing.T) {
	for rate, want := range map[time.Duration]time.Duration{0: space, 5 * time.Minute: space, 4 * time.Second: time.Second} {
		if got := spaceOf([]runbook.Rule{{Rate: rate}}); got != want {
			t.Errorf("a rate over %v: %v apart, want %v", rate, got, want)
		}
	}
}
