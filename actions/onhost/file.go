package onhost

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/stemedb/stemetop/actions/apitoml"
	"github.com/stemedb/stemetop/sources/cluster"
)

// File is a text file on a host as it was read. Its text may hold secrets: it is
// not for a screen, a journal or a recording.
type File struct {
	Name  string       // as it was asked for
	Path  cluster.Text // without symbolic links
	Owner cluster.Text // uid:gid
	Mode  cluster.Text // octal
	SHA   string       // SHA-256 in hex
	Bytes int
	Left  int // files that an edit left which was killed before it could remove them
	// Newest is the name of the backup that an edit made last, in the same directory;
	// empty for none.
	Newest string

	mtime      int64 // Unix seconds, of the host
	text       []byte
	links      uint64
	unwritable bool
	readOnly   bool // its file system is
	states     []state
}

// state is what the script says of a file.
type state struct{ uid, gid, mode, size, links, mtime, sha string }

// Format keeps the text out of everything that is printed.
func (f *File) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(s, "%s %s", f.Path, f.SHA) // a Formatter has nobody to tell
}

// ReadFile reads a file of at most 256 KiB, and changes nothing.
func ReadFile(ctx context.Context, h Host, name string) (*File, *cluster.Failure) {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	s, failure := open(ctx, h, fileScript, "read", name)
	if failure != nil {
		return nil, failure
	}
	defer s.Close()
	f := &File{Name: name}
	if _, n := s.upTo(ctx, "text", f.hear); n != nil {
		return nil, n.failure
	}
	if failure := f.read(ctx, s); failure != nil {
		return nil, failure
	}
	if _, n := s.upTo(ctx, "end", f.hear); n != nil {
		return nil, n.failure
	}
	return f, f.check()
}

// hear takes in a frame of the script.
func (f *File) hear(w []string) {
	switch {
	case w[0] == "path":
		f.Path = cluster.Clean(strings.Join(w[1:], " "))
	case w[0] == "left":
		f.Left++
	case w[0] == "unwritable":
		f.unwritable, f.readOnly = true, len(w) == 2 && w[1] == "ro"
	case w[0] == "newest" && len(w) == 2:
		f.Newest = w[1]
	case w[0] == "file" && len(w) == 8:
		f.states = append(f.states, state{w[1], w[2], w[3], w[4], w[5], w[6], w[7]})
	}
}

// read takes in the text, which stands between two frames with a newline before
// the second.
func (f *File) read(ctx context.Context, s *talk) *cluster.Failure {
	for {
		l, failure := s.line(ctx)
		switch {
		case failure != nil:
			return failure
		case len(l.Words) > 0 && l.Words[0] == "eot":
			f.text = f.text[:max(0, len(f.text)-1)]
			return nil
		case len(f.text)+len(l.Text) > apitoml.MaxSize+1:
			return cluster.Fail(cluster.FailTooLarge, "it has more than 256 KiB", "change it by hand")
		}
		f.text = append(f.text, l.Text...)
	}
}

// check holds the text against what the host says of it.
func (f *File) check() *cluster.Failure {
	if len(f.states) != 2 || f.states[0] != f.states[1] || f.states[0].sha != digest(f.text) {
		return cluster.Fail(cluster.FailOther, f.Name+" changed while it was read", "look at it again")
	}
	last := f.states[0]
	f.Owner, f.Mode, f.SHA = cluster.Clean(last.uid+":"+last.gid), cluster.Clean(last.mode), last.sha
	f.links, f.mtime, f.Bytes = number(last.links), int64(number(last.mtime)), len(f.text)
	return nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
