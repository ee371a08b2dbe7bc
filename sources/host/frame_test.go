package host

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/stemedb/stemetop/sources/remote"
)

const nonce = "0123456789abcdef0123456789abcdef"

func newFrames(r io.Reader, nonce string) frames { return frames{remote.NewReader(r, nonce)} }

// at puts the nonce into frames written with "@ ".
func at(s string) string { return strings.ReplaceAll(s, "@ ", "@"+nonce+" ") }

func TestFrames(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
	}{
		{"plain", "@ B 1 a\nx\ny\n@ E 1 a 0\n@ D 1\n", "1 a:0:x|y|"},
		{"two sections", "@ B 1 a\nx\n@ E 1 a 0\n@ B 1 b\n@ E 1 b 1\n@ D 1\n", "1 a:0:x| b:1:"},
		{"noise between", "noise\n@ B 1 a\nx\n@ E 1 a 0\nnoise\n@ D 1\n", "1 a:0:x|"},
		{"another nonce inside", "@ B 1 a\n@feed E 1 a 0\n@ E 1 a 0\n@ D 1\n", "1 a:0:@feed E 1 a 0|"},
		{"cut section", "@ B 1 a\nx\n@ B 1 b\ny\n@ E 1 b 0\n@ D 1\n", "1 b:0:y|"},
		{"wrong end", "@ B 1 a\nx\n@ E 1 b 0\n@ D 1\n", "1"},
		{"end without a beginning", "@ E 1 a 0\n@ D 1\n", "1"},
		{"rest of an older tick", "@ B 1 a\nx\n@ E 1 a 0\n@ B 2 a\ny\n@ E 2 a 0\n@ D 2\n", "2 a:0:y|"},
		{"cut answer", "@ B 1 a\nx\n@ E 1 a 0\n", "EOF"},
		{"cut last line", "@ D 1", "EOF"},
		{"no number", "@ D x\n@ D\n@ \n@ D 3\n", "3"},
	} {
		for _, r := range []io.Reader{strings.NewReader(at(tt.in)), iotest.OneByteReader(strings.NewReader(at(tt.in)))} {
			a, err := newFrames(r, nonce).next()
			if got := render(a, err); got != tt.want {
				t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
		}
	}
}

func render(a answer, err error) string {
	if err != nil {
		return err.Error()
	}
	s := fmt.Sprint(a.tick)
	for _, p := range a.sections {
		s += fmt.Sprintf(" %s:%d:%s", p.name, p.rc, strings.ReplaceAll(string(p.body), "\n", "|"))
	}
	return s
}

func TestFrameLimits(t *testing.T) {
	f := newFrames(strings.NewReader(at("@ B 1 a\n")+strings.Repeat("x", remote.MaxLine+1)+"\n"), nonce)
	if _, err := f.next(); !errors.Is(err, remote.ErrLineTooLong) {
		t.Errorf("a long line: %v", err)
	}
	f = newFrames(strings.NewReader(strings.Repeat("x", remote.MaxLine*3)+"\n"+at("@ HELLO 1 Linux\n")), nonce)
	if _, _, err := f.Hello(); err != nil {
		t.Errorf("behind a long line: %v", err)
	}
	fits := strings.Repeat("x", remote.MaxLine-1)
	f = newFrames(strings.NewReader(at("@ B 1 a\n")+fits+"\n"+at("@ E 1 a 0\n@ D 1\n")), nonce)
	if a, err := f.next(); err != nil || len(a.sections[0].body) != remote.MaxLine {
		t.Errorf("a line that fits: %v", err)
	}
	f = newFrames(io.MultiReader(strings.NewReader(at("@ HELLO 1 Linux\n@ B 1 a\n")), endless{}), nonce)
	if _, _, err := f.Hello(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.next(); !errors.Is(err, errAnswerTooLarge) {
		t.Errorf("an endless answer: %v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "xyz\n"[i%4]
	}
	return len(p), nil
}

// Whatever stands in the sections, and however the bytes arrive, they come back.
func TestFrameRoundTrip(t *testing.T) {
	line := rapid.StringMatching(`[^\n]{0,200}`)
	rapid.Check(t, func(t *rapid.T) {
		want := answer{tick: rapid.Uint64().Draw(t, "tick")}
		in := ""
		for i := range rapid.IntRange(0, 5).Draw(t, "sections") {
			s := section{name: fmt.Sprintf("s%d", i), rc: rapid.IntRange(0, 2).Draw(t, "rc")}
			for _, l := range rapid.SliceOfN(line, 0, 5).Draw(t, "lines") {
				s.body = append(s.body, l+"\n"...)
			}
			in += fmt.Sprintf("@%s B %d %s\n%s@%s E %d %s %d\n", nonce, want.tick, s.name, s.body, nonce, want.tick, s.name, s.rc)
			want.sections = append(want.sections, s)
		}
		in += fmt.Sprintf("@%s D %d\n", nonce, want.tick)
		got, err := newFrames(iotest.HalfReader(strings.NewReader(in)), nonce).next()
		if render(got, err) != render(want, nil) {
			t.Fatalf("%q: %s", in, render(got, err))
		}
	})
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte(at("noise\n@ HELLO 1 Linux\n@ B 1 a\nx\n@ E 1 a 0\n@ D 1\n")))
	f.Add([]byte(at("@ HELLO 1 Linux\n@ B 2 a\n@ B 1 b\n@ E 1 a 0\n@ D 2\n@ D 1")))
	f.Fuzz(func(t *testing.T, in []byte) {
		fr := newFrames(strings.NewReader(string(in)), nonce)
		if _, _, err := fr.Hello(); err != nil {
			return
		}
		for {
			a, err := fr.next()
			if err != nil {
				return
			}
			for _, s := range a.sections {
				if s.name == "" || strings.Contains(string(s.body), "@"+nonce+" ") && strings.HasPrefix(string(s.body), "@"+nonce+" ") {
					t.Errorf("%+v", s)
				}
			}
		}
	})
}
