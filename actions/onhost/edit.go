package onhost

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/apitoml"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Edit sets one integer in a file on a host, and keeps the old file beside it.
type Edit struct {
	File   *File
	Change *apitoml.Change
	Backup string // name of the old file, in the same directory
}

// NewEdit prepares table.key = value in a file that was read. The same file and
// value give the same edit.
func NewEdit(f *File, table, key string, value int64) (*Edit, *cluster.Failure) {
	c, err := apitoml.Set(f.text, table, key, value)
	switch {
	case errors.Is(err, apitoml.ErrSame):
		return nil, cluster.Fail(cluster.FailOther, fmt.Sprintf("%s.%s is %d in %s already", table, key, value, f.Path), "")
	case err != nil:
		return nil, cluster.Fail(cluster.FailFormat, f.Path.String()+" can't be changed: "+err.Error(), "change it by hand")
	case f.links > 1:
		return nil, cluster.Fail(cluster.FailUnsupported, f.Path.String()+" has another name too (a hard link), which would keep the old text", "change it by hand")
	case f.readOnly:
		return nil, cluster.Fail(cluster.FailPermission, "the file system of "+f.Path.String()+" is read-only", hintReadOnly)
	case f.unwritable:
		return nil, cluster.Fail(cluster.FailPermission, "no file can be made beside "+f.Path.String(), hintAccount)
	}
	return &Edit{File: f, Change: c, Backup: f.backup()}, nil
}

// backup names the file as it is: by when it was changed last, so that the names
// of backups stand in their order, and by what it says.
func (f *File) backup() string {
	return path.Base(f.Name) + ".stemetop-" + time.Unix(f.mtime, 0).UTC().Format("20060102T150405Z") + "-" + f.SHA[:8]
}

// LastEdit finds the edit of table.key that made the file what it is, by its
// newest backup, so that Restore can take it back. Where the two differ in more,
// somebody else changed it too, and there is none.
func LastEdit(ctx context.Context, h Host, f *File, table, key string) (*Edit, *cluster.Failure) {
	const byHand = "compare them, and change it by hand"
	if f.Newest == "" {
		return nil, cluster.Fail(cluster.FailMissing, "there is no backup beside "+f.Path.String(), "")
	}
	b, failure := ReadFile(ctx, h, path.Join(path.Dir(f.Name), f.Newest))
	if failure != nil {
		return nil, failure
	}
	value, set, err := apitoml.Get(f.text, table, key)
	if err != nil || !set {
		return nil, cluster.Fail(cluster.FailFormat, fmt.Sprintf("%s has no %s.%s that could be put back", f.Path, table, key), byHand)
	}
	c, err := apitoml.Set(b.text, table, key, value)
	if err != nil || digest(c.New) != f.SHA {
		return nil, cluster.Fail(cluster.FailOther, fmt.Sprintf("%s differs from %s in more than %s.%s", f.Path, f.Newest, table, key), byHand)
	}
	old := *f
	old.SHA, old.text = b.SHA, b.text
	return &Edit{File: &old, Change: c, Backup: f.Newest}, nil
}

// Diff is the change as a unified diff.
func (e *Edit) Diff() []cluster.Text { return cleaned(e.Change.Diff) }

// BackDiff is what Restore changes, as a unified diff.
func (e *Edit) BackDiff() []cluster.Text { return cleaned(e.Change.BackDiff()) }

func cleaned(lines []string) []cluster.Text {
	var list []cluster.Text
	for _, l := range lines {
		list = append(list, cluster.Clean(l))
	}
	return list
}

// BackupPath is where the old file is kept.
func (e *Edit) BackupPath() string { return path.Join(path.Dir(e.File.Path.String()), e.Backup) }

// Digest is the SHA-256 of all that Apply does: it is what is confirmed.
func (e *Edit) Digest() string { return e.digest("edit") }

// BackDigest is the SHA-256 of all that Restore does.
func (e *Edit) BackDigest() string { return e.digest("restore") }

func (e *Edit) digest(verb string) string {
	return digest([]byte(strings.Join([]string{verb, e.File.Name, e.Backup, e.File.SHA, digest(e.Change.New)}, "\n")))
}

// Apply makes the edit, once. Where the file is not the one that was read any
// more, it is rejected.
func (e *Edit) Apply(ctx context.Context, h Host) admin.Result {
	fresh := e.Change.New
	return exchange{
		script:     fileScript,
		parameters: []string{"write", e.File.Name, e.File.SHA, digest(fresh), strconv.Itoa(len(fresh)), e.Backup},
		upload:     fresh, word: "commit",
		proof: func(f *File) bool { return f.last().sha == digest(fresh) },
	}.run(ctx, h)
}

// Restore gives the old file its name back, once. Where the file is not what the
// edit made of it any more, it is rejected.
func (e *Edit) Restore(ctx context.Context, h Host) admin.Result {
	return exchange{
		script:     fileScript,
		parameters: []string{"restore", e.File.Name, digest(e.Change.New), e.File.SHA, e.Backup},
		word:       "commit",
		proof:      func(f *File) bool { return f.last().sha == e.File.SHA },
	}.run(ctx, h)
}

// Stand is which text the file has.
type Stand uint8

// The stands.
const (
	StandOther Stand = iota // neither: somebody else changed it
	StandOld
	StandNew
)

// Stand tells which text a file has that was read later: what an answer that was
// lost would have told.
func (e *Edit) Stand(f *File) Stand {
	switch f.SHA {
	case e.File.SHA:
		return StandOld
	case digest(e.Change.New):
		return StandNew
	}
	return StandOther
}

func (f *File) last() state {
	if len(f.states) == 0 {
		return state{}
	}
	return f.states[len(f.states)-1]
}

// exchange is a change of a file: told, made ready, and committed by a word.
type exchange struct {
	script     []byte
	parameters []string
	upload     []byte
	word       string
	proof      func(*File) bool // that what the script says of the file is as wanted
}

func (x exchange) run(ctx context.Context, h Host) admin.Result {
	start := time.Now()
	opening, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	s, failure := open(opening, h, x.script, x.parameters...)
	if failure != nil {
		return result(admin.NotSent, start, failure)
	}
	defer s.Close()
	if len(x.upload) > 0 {
		s.Send(x.upload)
	}
	var f File
	if _, n := s.upTo(opening, "ready", f.hear); n != nil {
		return result(n.before(), start, n.failure)
	}
	if ctx.Err() != nil {
		return result(admin.NotSent, start, cluster.Fail(cluster.FailOther, "stopped before anything was changed", ""))
	}
	// What is begun is brought to its end on the host, whatever becomes of us.
	committing, cancel := toItsEnd(ctx)
	defer cancel()
	s.Send([]byte(x.word + "\n"))
	f.states = nil
	if _, n := s.upTo(committing, "end", f.hear); n != nil {
		return result(n.verdict(), start, n.failure)
	}
	if !x.proof(&f) {
		return result(admin.Ambiguous, start, cluster.Fail(cluster.FailFormat, "the host does not say what was wanted", "look at the file"))
	}
	r := result(admin.Accepted, start, nil)
	return r
}

// before is the verdict on a script that did not get as far as the word.
func (n *no) before() admin.Verdict {
	if n.broken {
		return admin.NotSent
	}
	return admin.Rejected
}
