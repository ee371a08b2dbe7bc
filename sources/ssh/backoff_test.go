package ssh

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stemedb/stemetop/sources/cluster"
)

func TestBackoffSteps(t *testing.T) {
	b := Backoff{Rand: func() float64 { return 0.5 }}
	for round := range 2 {
		for i, want := range []time.Duration{1, 2, 4, 8, 16, 30, 30, 30} {
			if got := b.Next(cluster.FailTimeout); got != want*time.Second {
				t.Errorf("round %d, try %d: %v, want %v s", round, i, got, want)
			}
		}
		b.Reset()
	}
}

// What a person has to correct is never tried more than once a minute; what
// may pass is tried within 39 s.
func TestBackoffBounds(t *testing.T) {
	kinds := []cluster.FailureKind{
		cluster.FailTimeout, cluster.FailRefused, cluster.FailBusy, cluster.FailReset, cluster.FailDNS, cluster.FailOther,
		cluster.FailAuth, cluster.FailHostUnknown, cluster.FailHostChanged, cluster.FailHostRevoked, cluster.FailConfig,
		cluster.FailPassphrase, cluster.FailCommand, cluster.FailShell, cluster.FailPermission, cluster.FailUnsupported,
	}
	rapid.Check(t, func(t *rapid.T) {
		b := Backoff{Rand: func() float64 { return rapid.Float64Range(0, 0.999999).Draw(t, "rand") }}
		for range rapid.IntRange(1, 100).Draw(t, "tries") {
			kind := rapid.SampledFrom(kinds).Draw(t, "kind")
			wait := b.Next(kind)
			if transient(kind) && (wait < 700*time.Millisecond || wait > 39*time.Second) {
				t.Fatalf("%s: %v", kind, wait)
			}
			if !transient(kind) && (wait < time.Minute || wait > 78*time.Second) {
				t.Fatalf("%s: %v", kind, wait)
			}
		}
	})
}
