package recording

import (
	"slices"
	"testing"

	"github.com/stemedb/stemetop/sources/cluster"
)

// TestOtherVersions reads blocks by schemas that are not this version's: a field
// more, a field less, a kind that is not known.
func TestOtherVersions(t *testing.T) {
	s := newSim(2, 1)
	e := newEncoder()
	e.begin(0)
	list := append([]cluster.Observation{s.session()}, s.next()...)
	list = append(list, cluster.Observation{Seq: 99, Body: &cluster.Note{Text: cluster.Clean("hello")}})
	for i := range list {
		e.add(&list[i], false)
	}
	c := e.seal()
	other := Schema()
	for i := range other {
		switch k := &other[i]; k.Name {
		case "note":
			k.Name = "telegram"
		case "host":
			at := slices.IndexFunc(k.Fields, func(f Field) bool { return f.Name == "Disks" })
			k.Fields[at].Name = "Discs" // as if this version had it no more
			at = slices.IndexFunc(k.Fields, func(f Field) bool { return f.Name == "Memory" })
			at2 := slices.IndexFunc(k.Fields[at].Fields, func(f Field) bool { return f.Name == "Total" })
			k.Fields[at].Fields[at2].Name = "Gone"
		}
	}
	d := newDecoder(bind(other))
	d.load(c)
	var got []*cluster.Observation
	for {
		o, _, err := d.next()
		if err != nil {
			t.Fatal(err)
		}
		if o == nil {
			break
		}
		got = append(got, o)
	}
	if len(got) != len(list)-1 || d.skipped["telegram"] != 1 {
		t.Fatalf("%d of %d observations, skipped %v", len(got), len(list), d.skipped)
	}
	for i, o := range got {
		want, ok := list[i].Body.(*cluster.HostReading)
		if !ok {
			if df := diff(list[i], *o); df != "" {
				t.Error(df)
			}
			continue
		}
		w := *want
		w.Disks, w.Memory.Total = nil, 0
		list[i].Body = &w
		if df := diff(list[i], *o); df != "" {
			t.Error(df)
		}
	}
}
