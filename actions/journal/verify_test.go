package journal

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// sample writes a journal of eight records and returns its segment.
func sample(t testing.TB, dir string) string {
	j, _ := open(t, options(dir))
	for _, a := range []string{"a", "b", "c"} {
		must(t)(j.Intent(intent(a)))
		must(t)(j.Outcome(outcome(a, "accepted")))
	}
	must(t)(j.Intent(intent("d")))
	path := j.Path()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// restamp chains records anew, as somebody would who knows how.
func restamp(lines []string) string {
	var h Head
	var b []byte
	for _, l := range lines {
		e, _ := parseLine([]byte(l))
		var line []byte
		line, h = h.seal(e.rec)
		b = append(b, line...)
	}
	return string(b)
}

func TestVerifyFindsTampering(t *testing.T) {
	join := func(l []string) string { return strings.Join(l, "\n") + "\n" }
	without := func(l []string, i int) []string { return append(append([]string{}, l[:i]...), l[i+1:]...) }
	edit := func(l []string) []string {
		l = append([]string{}, l...)
		l[3] = strings.Replace(l[3], "500", "900", 1)
		return l
	}
	for name, x := range map[string]struct {
		change func(l []string) string
		state  State
		at     uint64
	}{
		"untouched":                  {join, Fine, 0},
		"a value edited":             {func(l []string) string { return join(edit(l)) }, Broken, 4},
		"a record deleted":           {func(l []string) string { return join(without(l, 3)) }, Broken, 4},
		"the first deleted":          {func(l []string) string { return join(l[1:]) }, Broken, 1},
		"two swapped":                {func(l []string) string { l[3], l[4] = l[4], l[3]; return join(l) }, Broken, 4},
		"one repeated":               {func(l []string) string { return join(append(l, l[7])) }, Broken, 9},
		"the tail cut off":           {func(l []string) string { return join(l[:6]) }, Shorter, 0},
		"cut within the last":        {func(l []string) string { s := join(l); return s[:len(s)-40] }, Shorter, 0},
		"emptied":                    {func([]string) string { return "" }, Shorter, 0},
		"only its newline missing":   {func(l []string) string { s := join(l); return s[:len(s)-1] }, Torn, 0},
		"edited and stamped anew":    {func(l []string) string { return restamp(edit(l)) }, Broken, 8},
		"shortened and stamped anew": {func(l []string) string { return restamp(without(l, 5)) }, Shorter, 0},
		"more after the anchor":      {func(l []string) string { return restamp(append(l, l[7])) }, Fine, 0},
		"a torn tail":                {func(l []string) string { return join(l) + `{"seq":9,"prev":"` }, Torn, 0},
		"zeros after a power cut":    {func(l []string) string { return join(l) + strings.Repeat("\x00", 4096) }, Torn, 0},
		"garbage with a newline":     {func(l []string) string { return join(l) + "garbage\n" }, Broken, 9},
		"garbage in the middle":      {func(l []string) string { l[3] = "garbage\n" + l[3]; return join(l) }, Broken, 4},
		"an empty line":              {func(l []string) string { l[3] = "\n" + l[3]; return join(l) }, Broken, 4},
		"two spellings of a key": {func(l []string) string {
			l[3] = strings.Replace(l[3], `{"seq":4,`, `{"seq":4, `, 1)
			return join(l)
		}, Broken, 4},
		"rec twice":       {func(l []string) string { l[3] = l[3][:len(l[3])-1] + `,"rec":{}}`; return join(l) }, Broken, 4},
		"another file":    {func([]string) string { return "127.0.0.1 - - [22/Nov/2026] GET /\n" }, Other, 0},
		"another journal": {func(l []string) string { l[0] = strings.Replace(l[0], "dana", "mallory", 1); return restamp(l) }, Other, 0},
		"an endless line": {func(l []string) string { return join(l) + strings.Repeat("x", maxLine+1) }, Broken, 9},
	} {
		t.Run(name, func(t *testing.T) {
			path := sample(t, t.TempDir())
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
			if err := os.WriteFile(path, []byte(x.change(lines)), 0o600); err != nil {
				t.Fatal(err)
			}
			r := want(t, path, x.state)
			if r.BrokenAt != x.at || (x.state == Fine) != r.Why.IsZero() {
				t.Errorf("broken at %d, want %d: %q", r.BrokenAt, x.at, r.Why)
			}
			reopened(t, filepath.Dir(path), r)
		})
	}
}

// reopened opens a journal as it was found: but for another file it can be
// written again, and says what is open.
func reopened(t *testing.T, dir string, found Report) {
	t.Helper()
	j, r, err := Open(options(dir))
	if found.State == Other {
		if err == nil {
			t.Error("another file was taken for the journal")
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if r.State != found.State {
		t.Errorf("opened as %q, verified as %q", r.State, found.State)
	}
	goesOn := found.State == Fine || found.State == Torn
	if goesOn != (j.Path() == found.Path) {
		t.Errorf("%s: goes on in %s", found.State, j.Path())
	}
	if goesOn && !strings.HasSuffix(actions(j.Open()), "d") {
		t.Errorf("open: %q", actions(j.Open()))
	}
	must(t)(j.Intent(intent("new")))
	want(t, j.Path(), Fine)
}

func TestVerifyReportsRecoveredTails(t *testing.T) {
	dir := t.TempDir()
	path := sample(t, dir)
	for range 3 {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(f, `{"seq":9,"prev`)
		f.Close()
		j, r := open(t, options(dir))
		if r.State != Torn || r.Torn != 14 {
			t.Fatalf("%+v", r)
		}
		j.Close()
	}
	if r := want(t, path, Fine); r.Recovered != 3 || r.Head.Seq != 8+6 {
		t.Errorf("%+v", r)
	}
	b, _ := os.ReadFile(path)
	os.WriteFile(path, bytes.Replace(b, []byte(`"prev`+"\n"), []byte(`"prEv`+"\n"), 1), 0o600)
	if r := want(t, path, Broken); r.BrokenAt != 9 {
		t.Errorf("a torn line was edited: %+v", r)
	}
}

func TestSegments(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	for _, p := range []string{
		a + "/audit-000001.jsonl", a + "/audit-000001.anchor", b + "/audit-000002.anchor", a + "/audit-000010.jsonl",
		a + "/audit-1.jsonl", a + "/audit-x.jsonl", a + "/reserve", a + "/audit-000000.jsonl", a + "/audit--00001.jsonl",
	} {
		if err := os.WriteFile(p, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Segments(a, b, a+"/none")
	if err != nil || fmt.Sprint(got) != fmt.Sprint([]string{a + "/audit-000001.jsonl", b + "/audit-000002.jsonl", a + "/audit-000010.jsonl"}) {
		t.Error(got, err)
	}
}

func TestVerifyDamagedAnchor(t *testing.T) {
	path := sample(t, t.TempDir())
	if err := os.WriteFile(anchorPath(path), []byte("stemetop-anchor 1 x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(path); err == nil || !strings.Contains(err.Error(), "is no anchor") {
		t.Error(err)
	}
	if _, err := Verify(path + "x"); err == nil {
		t.Error("what is not there was verified")
	}
}

// records are n chained records after a genesis, made as they are read.
type records struct {
	n    int
	h    Head
	rest []byte
}

func (r *records) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if r.n == 0 {
			return 0, io.EOF
		}
		r.n--
		rec := Record{Kind: KindEvent, Event: &Event{Name: "e"}}
		if r.h.Seq == 0 {
			rec = Record{Kind: KindGenesis, Origin: &Origin{Schema: Schema}}
		}
		b, err := marshal(rec)
		if err != nil {
			return 0, err
		}
		r.rest, r.h = r.h.seal(b)
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// TestVerifyIsBounded verifies a long journal with hardly any live memory.
func TestVerifyIsBounded(t *testing.T) {
	live := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, peak, n := live(), uint64(0), 0
	r, _, err := verify(&records{n: 50_000}, nil, func([]byte) {
		if n++; n%10_000 == 0 {
			peak = max(peak, live())
		}
	})
	if err != nil || r.State != Fine || n != 50_000 {
		t.Fatal(r, err, n)
	}
	if grown := int64(peak) - int64(before); grown > 1<<20 {
		t.Errorf("%d bytes live", grown)
	}
}

// BenchmarkVerify: budget 20 µs a record, so that a year of incidents takes a
// second.
func BenchmarkVerify(b *testing.B) {
	if _, _, err := verify(&records{n: b.N}, nil, nil); err != nil {
		b.Fatal(err)
	}
}

// FuzzVerify: any bytes get a verdict, and a fine one chains anew to the same
// bytes.
func FuzzVerify(f *testing.F) {
	b, err := io.ReadAll(&records{n: 3})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:len(b)-1])
	f.Add(b[:len(b)-30])
	f.Add(append(append([]byte{}, b...), `{"seq":4,"prev":"`...))
	f.Add([]byte("x\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var out []byte
		var h Head
		r, _, err := verify(bytes.NewReader(in), nil, func(rec []byte) {
			var line []byte
			line, h = h.seal(rec)
			out = append(out, line...)
		})
		if err != nil {
			t.Fatal(err)
		}
		if r.State == Fine && r.Recovered == 0 && !bytes.Equal(in, out) {
			t.Errorf("%q is fine, but is not what is written", in)
		}
		if (r.State == Broken) != (r.BrokenAt > 0) || h != r.Head {
			t.Errorf("%+v, head %v", r, h)
		}
	})
}
