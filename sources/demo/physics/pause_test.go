package physics

import (
	"strings"
	"testing"
	"time"
)

// Ingestion pauses while a replica is further behind than the primary lets it, and
// goes on once it has caught up.
func TestIngestionPauses(t *testing.T) {
	w := NewWorld(Config{Seed: 1, Replicas: 2, Events: []Event{
		{At: time.Second, Node: 1, Kind: DiskCapacity, Value: 0.05},
		{At: 450 * time.Second, Node: 1, Kind: DiskCapacity, Value: 1},
	}})
	paused, resumed := time.Duration(0), time.Duration(0)
	for w.Now() < 20*time.Minute && resumed == 0 {
		w.Advance(w.Now() + time.Second)
		switch idle := w.IngestRate() == 0; {
		case idle && paused == 0:
			paused = w.Now()
			if lag := w.Lag(w.Node(1)); lag < MaxLag || lag > MaxLag+3*time.Second {
				t.Errorf("paused at a lag of %v", lag)
			}
		case !idle && paused > 0:
			resumed = w.Now()
		}
	}
	if paused == 0 || resumed < 450*time.Second {
		t.Errorf("paused at %v, resumed at %v", paused, resumed)
	}
	said := ""
	for _, l := range w.Drain() {
		said += l.Text + "\n"
	}
	if !strings.Contains(said, "ingest: paused, replica node2 is 30") || !strings.Contains(said, "ingest: resumed") {
		t.Errorf("said %s", said)
	}
}
