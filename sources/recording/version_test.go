package recording

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stemedb/stemetop/sources/cluster"
)

// current names the recording of this version. When the format changes, or a
// release adds what older ones lack, it moves on and the old files stay.
const current = "v2"

// TestReleasedRecordings reads the small recording that each released version
// left in testdata, and holds what is in it against what was meant then. Fields
// that came later are not looked at.
func TestReleasedRecordings(t *testing.T) {
	if *update {
		writeReleased(t)
	}
	paths, err := filepath.Glob(filepath.Join("testdata", "*"+Extension))
	if err != nil || len(paths) == 0 {
		t.Fatal("no recordings in testdata: run the test with -update")
	}
	for _, p := range paths {
		t.Run(filepath.Base(p), func(t *testing.T) {
			f, err := Open(p)
			if err != nil {
				t.Fatal(err)
			}
			defer closing(t, f)
			text, err := os.ReadFile(strings.TrimSuffix(p, Extension) + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var want, got any
			decodeJSON(t, text, &want)
			decodeJSON(t, dump(t, f), &got)
			if at := lacks(got, want); at != "" {
				t.Errorf("differs at %s", at)
			}
			tl := NewReplay(f, cluster.HistoryOptions{})
			_, to := tl.Bounds()
			if s := tl.At(to); len(s.Replicas) == 0 || !s.Replicas[0].Lag.Seconds.Known() || !s.Replicas[0].Host.CPU.User.Known() {
				t.Errorf("at its end %v", s.Replicas)
			}
			if f := tl.Trouble(); f != nil {
				t.Error(f)
			}
		})
	}
}

func writeReleased(t *testing.T) {
	t.Helper()
	path := filepath.Join("testdata", current+Extension)
	if err := os.MkdirAll("testdata", 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	closing(t, record(t, story(1, 2, 4), RecorderOptions{Path: path}, nil))
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, f)
	if err := os.WriteFile(filepath.Join("testdata", current+".json"), dump(t, f), 0o600); err != nil {
		t.Fatal(err)
	}
}

// dump returns the observations of a file, one a line.
func dump(t *testing.T, f *File) []byte {
	t.Helper()
	var b bytes.Buffer
	for i, o := range all(t, f) {
		line, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString([]string{"[", ","}[min(i, 1)])
		b.Write(append(line, '\n'))
	}
	b.WriteString("]\n")
	return b.Bytes()
}

func decodeJSON(t *testing.T, b []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

// lacks returns where got lacks something of want, empty if it has all.
func lacks(got, want any) string {
	switch want := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		for k, v := range want {
			if !ok {
				return "object"
			}
			if at := lacks(g[k], v); at != "" {
				return k + "." + at
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(want) {
			return "list"
		}
		for i := range want {
			if at := lacks(g[i], want[i]); at != "" {
				return at
			}
		}
		return ""
	}
	if got != want {
		return "value"
	}
	return ""
}
