package recording

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stemedb/stemetop/sources/cluster"
)

func diff(a, b any) string {
	return cmp.Diff(a, b, cmp.AllowUnexported(cluster.Text{}, cluster.Figure{}))
}

// fataler is a test, or a check of a property.
type fataler interface {
	Helper()
	Fatal(args ...any)
}

// decodeAll returns what the chunks of one block hold.
func decodeAll(t fataler, chunks []chunk) []*cluster.Observation {
	t.Helper()
	d := newDecoder(bind(Schema()))
	var list []*cluster.Observation
	for _, c := range chunks {
		d.load(c)
		for {
			o, _, err := d.next()
			if err != nil {
				t.Fatal(err)
			}
			if o == nil {
				break
			}
			list = append(list, o)
		}
	}
	return list
}

func TestSimulatedMinuteRoundTrips(t *testing.T) {
	s := newSim(3, 2)
	want := append([]cluster.Observation{s.session()}, s.facts()...)
	e := newEncoder()
	e.begin(s.wall.UnixNano())
	var chunks []chunk
	for range 60 {
		want = append(want, s.next()...)
	}
	for i := range want {
		e.add(&want[i], false)
		if i%6 == 5 {
			chunks = append(chunks, e.seal())
		}
	}
	chunks = append(chunks, e.seal())
	got := decodeAll(t, chunks)
	if len(got) != len(want) {
		t.Fatalf("%d observations, want %d", len(got), len(want))
	}
	for i := range got {
		if d := diff(want[i], *got[i]); d != "" {
			t.Fatalf("observation %d: %s", i, d)
		}
	}
}
