package recording

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// FuzzDecoder decodes any bytes as a chunk: no panic, no end of memory.
func FuzzDecoder(f *testing.F) {
	s := newSim(2, 1)
	e := newEncoder()
	e.begin(s.wall.UnixNano())
	for _, o := range append(append([]cluster.Observation{s.session()}, s.facts()...), s.next()...) {
		e.add(&o, false)
	}
	f.Add(e.seal().data, 12)
	f.Add([]byte{}, 100)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff}, 3)
	ps := bind(Schema())
	f.Fuzz(func(t *testing.T, data []byte, count int) {
		d := newDecoder(ps)
		d.load(chunk{start: true, count: min(max(count, 0), 1000), data: data})
		for {
			o, _, err := d.next()
			if err != nil || o == nil {
				break
			}
		}
		if d.cells > 2*maxCells {
			t.Errorf("%d cells", d.cells)
		}
	})
}

// FuzzOpen reads any bytes as a file, and replays what is in it.
func FuzzOpen(f *testing.F) {
	_, b := written(f, 4)
	f.Add(b)
	f.Add(b[:len(b)-9])
	f.Add([]byte("stemetop recording 1\n{}\n" + startMark))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "fuzz")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open(path)
		if err != nil {
			return
		}
		defer closing(t, r)
		tl := NewReplay(r, cluster.HistoryOptions{Raw: time.Minute})
		from, to := tl.Bounds()
		tl.At(to)
		tl.At(from)
	})
}
