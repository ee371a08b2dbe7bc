package recording

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

var farFuture = time.Unix(0, math.MaxInt64)

// written records a short run and returns the bytes of the file.
func written(t testing.TB, seconds int) ([]cluster.Observation, []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run"+Extension)
	list := story(2, 1, seconds)
	closing(t, record(t, list, RecorderOptions{Path: path}, func(i int, live *Timeline) {
		if i%8 == 0 {
			live.tape.flush()
		}
	}))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return list, b
}

func openBytes(t testing.TB, b []byte) (*File, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy"+Extension)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return Open(path)
}

// all returns the observations of a file but those of keyframes.
func all(t testing.TB, f *File) []*cluster.Observation {
	t.Helper()
	var list []*cluster.Observation
	if _, err := f.Read(time.Unix(0, 0), farFuture, func(o *cluster.Observation) bool {
		if _, key := o.Body.(*cluster.Recall); key {
			list = nil // what came so far repeats what was before the block
			return true
		}
		list = append(list, o)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestFileHoldsTheRun(t *testing.T) {
	list, b := written(t, 250)
	f, err := openBytes(t, b)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, f)
	got := all(t, f)
	if len(got) != len(list) {
		t.Fatalf("%d observations, want %d", len(got), len(list))
	}
	for i := range got {
		if d := diff(list[i], *got[i]); d != "" {
			t.Fatalf("observation %d: %s", i, d)
		}
	}
	from, to := f.Bounds()
	if !from.Equal(list[0].Received) || !to.Equal(list[len(list)-1].Received) {
		t.Errorf("bounds %v to %v, want %v to %v", from, to, list[0].Received, list[len(list)-1].Received)
	}
	if f.Session().Cluster.String() != "prod-eu" || f.Header().Program != "stemetop test" {
		t.Errorf("header %+v", f.Header())
	}
	if f.Damage() != (Damage{}) {
		t.Errorf("damage %+v", f.Damage())
	}
	if !bytes.HasPrefix(b, []byte("stemetop recording 2\n{")) {
		t.Errorf("the file begins with %q", b[:40])
	}
}

func TestTornTailIsTheOnlyLoss(t *testing.T) {
	list, b := written(t, 30)
	whole := 0
	for cut := len(b) - 1; cut > len(b)-200; cut-- {
		f, err := openBytes(t, b[:cut])
		if err != nil {
			t.Fatal(err)
		}
		got := all(t, f)
		if len(got) >= len(list) || len(got) < len(list)-40 {
			t.Fatalf("cut at %d of %d: %d of %d observations", cut, len(b), len(got), len(list))
		}
		for i := range got {
			if got[i].Seq != list[i].Seq {
				t.Fatalf("cut at %d: observation %d has seq %d", cut, i, got[i].Seq)
			}
		}
		if f.Damage().Torn == 0 {
			whole++
		}
		if d := f.Damage(); d.Lost > 0 || f.Holes() != nil {
			t.Fatalf("cut at %d: a torn end is called damage: %+v, %+v", cut, d, f.Holes())
		}
		closing(t, f)
	}
	if whole > 6 {
		t.Errorf("%d of 200 cuts were between chunks", whole)
	}
}

func TestFileInWorkGrows(t *testing.T) {
	list, b := written(t, 30)
	path := filepath.Join(t.TempDir(), "growing"+Extension)
	if err := os.WriteFile(path, b[:len(b)-700], 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, f)
	tl := NewReplay(f, cluster.HistoryOptions{})
	_, before := tl.Bounds()
	if got := tl.At(before).LastSeq; got >= list[len(list)-1].Seq {
		t.Fatalf("seq %d already", got)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	_, to := tl.Bounds()
	if got := tl.At(to).LastSeq; got != list[len(list)-1].Seq {
		t.Errorf("seq %d after it grew, want %d", got, list[len(list)-1].Seq)
	}
}

func TestDamageCostsItsBlockOnly(t *testing.T) {
	list, b := written(t, 1250) // five blocks
	starts := bytes.Count(b, []byte(startMark))
	hit := bytes.Index(b, []byte(startMark)) + 300
	for range 1 {
		hit += bytes.Index(b[hit:], []byte(startMark)) + 300
	}
	b[hit+200] ^= 0x40
	f, err := openBytes(t, b)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, f)
	if d := f.Damage(); d.Lost == 0 || d.Torn != 0 {
		t.Errorf("damage %+v", d)
	}
	if _, bases := f.blocks(); len(bases) < starts-1 {
		t.Errorf("%d of %d blocks are left", len(bases), starts)
	}
	tl := NewReplay(f, cluster.HistoryOptions{})
	last := list[len(list)-1]
	live := cluster.NewState()
	for i := range list {
		live.Apply(&list[i])
	}
	got, want := tl.At(last.Received), live.Snapshot(last.Received, cluster.NewHistory(cluster.HistoryOptions{}))
	want.Series, got.Series = nil, nil
	want.Replicas[0].Host.Facts, got.Replicas[0].Host.Facts = nil, nil
	if got.LastSeq != want.LastSeq || diff(got.Replicas[0].Lag, want.Replicas[0].Lag) != "" {
		t.Errorf("after the damage: seq %d, lag %+v, want %d, %+v", got.LastSeq, got.Replicas[0].Lag, want.LastSeq, want.Replicas[0].Lag)
	}
}

// What a damaged byte costs is told: how many bytes, and of what time as far as the
// next block tells; also where no block comes after it.
func TestHolesAreTold(t *testing.T) {
	list, b := written(t, int(5*blockSpan/2/time.Second)) // two blocks and a half
	var starts []int
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte(startMark))
		if i < 0 {
			break
		}
		starts = append(starts, at+i)
		at += i + 1
	}
	first, last := list[0].Received, list[len(list)-1].Received
	for _, c := range []struct {
		name     string
		at       int
		from, to time.Duration // after the first observation
		open     bool          // nothing can be read after it
	}{
		{"within a block", starts[1] + (starts[2]-starts[1])/2, 3 * blockSpan / 2, 2 * blockSpan, false},
		{"the start of a block", starts[1] + 3, blockSpan, 2 * blockSpan, false},
		{"the first block", starts[0] + 12, 0, blockSpan, false},
		{"within the last block", starts[2] + (len(b)-starts[2])/2, 9 * blockSpan / 4, 0, true},
		{"the last byte", len(b) - 1, 5 * blockSpan / 2, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			spoilt := bytes.Clone(b)
			spoilt[c.at] ^= 0x40
			f, err := openBytes(t, spoilt)
			if err != nil {
				t.Fatal(err)
			}
			defer closing(t, f)
			got := f.Holes()
			if d := f.Damage(); len(got) != 1 || d.Torn != 0 || d.Lost == 0 || got[0].Bytes != d.Lost {
				t.Fatalf("damage %+v, holes %+v", d, got)
			}
			near := func(at time.Time, want time.Duration) bool {
				return at.Sub(first.Add(want)).Abs() < blockSpan/4 // bytes are not spread evenly
			}
			if h := got[0]; !near(h.From, c.from) || h.To.IsZero() != c.open || !c.open && !near(h.To, c.to) {
				t.Errorf("the hole is from %v to %v after the start", h.From.Sub(first), h.To.Sub(first))
			}
			if _, to := f.Bounds(); !c.open && !to.Equal(last) {
				t.Errorf("it ends at %v, not %v after the start", to.Sub(first), last.Sub(first))
			}
		})
	}
}

// A writer that dies with the machine may leave room that it did not fill.
func TestZerosAtTheEndAreNoDamage(t *testing.T) {
	_, b := written(t, 30)
	f, err := openBytes(t, append(b, make([]byte, 100<<10)...))
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, f)
	if d := f.Damage(); d.Lost != 0 || d.Torn != 100<<10 {
		t.Errorf("damage %+v", d)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	_, b := written(t, 3)
	newer := bytes.Replace(b, []byte("recording 2\n"), []byte("recording 7\n"), 1)
	for _, c := range []struct {
		name string
		data []byte
		what string
		hint string
	}{
		{"text", []byte("hello\n"), "is not a recording of stemetop", ".stemetop"},
		{"empty", nil, "is not a recording", ".stemetop"},
		{"gzip", []byte("\x1f\x8b\x08\x00abc"), "is packed", "gzip -d"},
		{"zstd", []byte("\x28\xb5\x2f\xfdabc"), "is packed", "zstd -d"},
		{"newer", newer, "has format 7", "newer"},
		{"header cut", b[:60], "ends within its header", "cut short"},
		{"no block", b[:bytes.Index(b, []byte(startMark))], "holds no observation", "cut short"},
		{"no JSON", []byte("stemetop recording 2\nhello\n"), "damaged header", "another copy"},
		{"bad schema", []byte(`stemetop recording 2` + "\n" + `{"kinds":[{"name":"x","fields":[{"name":"y","wire":"z"}]}]}` + "\n"), "unknown coding", "another copy"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := openBytes(t, c.data)
			var f *cluster.Failure
			if !errors.As(err, &f) {
				t.Fatalf("error %v", err)
			}
			if !strings.Contains(f.What.String(), c.what) || !strings.Contains(f.What.String(), "copy.stemetop") || !strings.Contains(f.Hint.String(), c.hint) {
				t.Errorf("what %q, hint %q", f.What, f.Hint)
			}
		})
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "there is no file") {
		t.Errorf("error %v", err)
	}
}
