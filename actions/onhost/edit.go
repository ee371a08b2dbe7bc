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

// NewEdit prepares table.key = value in a file that was read. at names the
// backup.
func NewEdit(f *File, table, key string, value int64, at time.Time) (*Edit, *cluster.Failure) {
	c, err := apitoml.Set(f.text, table, key, value)
	switch {
	case errors.Is(err, apitoml.ErrSame):
		return nil, cluster.Fail(cluster.FailOther, fmt.Sprintf("%s.%s is %d in %s already", table, key, value, f.Path), "")
	case err != nil:
		return nil, cluster.Fail(cluster.FailFormat, f.Path.String()+" can't be changed: "+err.Error(), "change it by hand")
	case f.links > 1:
		return nil, cluster.Fail(cluster.FailUnsupported, f.Path.String()+" has another name too (a hard link), which would keep the old text", "change it by hand")
	case f.unwritable:
		return nil, cluster.Fail(cluster.FailPermission, "no file can be made beside "+f.Path.String(), hintAccount)
	}
	return &Edit{File: f, Change: c, Backup: path.Base(f.Name) + ".stemetop-" + at.UTC().Format("20060102T150405.000Z")}, nil
}

// Diff is the change as a unified diff, with the names of the files.
func (e *Edit) Diff() []cluster.Text {
	dir := path.Dir(e.File.Path.String())
	list := []cluster.Text{cluster.Clean("--- " + e.File.Path.String()), cluster.Clean("+++ " + e.File.Path.String())}
	for _, l := range e.Change.Diff {
		list = append(list, cluster.Clean(l))
	}
	return append(list, cluster.Clean("backup: "+path.Join(dir, e.Backup)))
}

// Digest is the SHA-256 of all that the edit does: it is what is confirmed.
func (e *Edit) Digest() string {
	return digest([]byte(strings.Join([]string{"edit", e.File.Name, e.Backup, e.File.SHA, digest(e.Change.New)}, "\n")))
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

// Look reads which text the file has now: what an answer that was lost would
// have told.
func (e *Edit) Look(ctx context.Context, h Host) (Stand, *cluster.Failure) {
	f, failure := ReadFile(ctx, h, e.File.Name)
	switch {
	case failure != nil:
		return StandOther, failure
	case f.SHA == e.File.SHA:
		return StandOld, nil
	case f.SHA == digest(e.Change.New):
		return StandNew, nil
	}
	return StandOther, nil
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
	committing, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitFor)
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
