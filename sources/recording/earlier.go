package recording

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// What is read of earlier recordings: enough to tell what is normal, and no more
// than a fraction of a second of one processor.
const (
	earlierFiles   = 3        // that are used, the newest
	earlierTries   = 24       // that are looked at
	earlierLargest = 64 << 20 // bytes of one
	earlierWindows = 8        // of each, spread over it
	earlierMoments = 6        // of each window
	momentsApart   = 5 * time.Second
	settles        = time.Minute // after a window
)

// Sampler takes moments of recordings.
type Sampler interface {
	Begin()                   // of another recording
	Note(*cluster.Snapshot)   // a moment of a window
	Settle(*cluster.Snapshot) // a minute after the window
}

// SampleEarlier shows s moments of the newest recordings in a directory that are
// of the same cluster as a session and not of its run: windows of half a minute
// spread over each. It ends early when ctx does. What can't be read is left
// out: it is only the past.
func SampleEarlier(ctx context.Context, dir string, session *cluster.Session, s Sampler) {
	used := 0
	for _, path := range newest(dir, session.Cluster.String()) {
		if ctx.Err() != nil || used == earlierFiles {
			return
		}
		if sampleFile(ctx, path, session, s) {
			used++
		}
	}
}

// newest lists recordings that are named after a cluster, the newest first.
func newest(dir, name string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // there is no past
	}
	type found struct {
		path    string
		written time.Time
	}
	var list []found
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), safeName(name)+"-") || filepath.Ext(e.Name()) != Extension {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && info.Size() <= earlierLargest {
			list = append(list, found{filepath.Join(dir, e.Name()), info.ModTime()})
		}
	}
	slices.SortFunc(list, func(a, b found) int {
		return cmp.Or(-a.written.Compare(b.written), cmp.Compare(a.path, b.path))
	})
	paths := make([]string, 0, earlierTries)
	for _, f := range list[:min(len(list), earlierTries)] {
		paths = append(paths, f.path)
	}
	return paths
}

// sampleFile tells whether the file is of the cluster, and of another run.
func sampleFile(ctx context.Context, path string, session *cluster.Session, s Sampler) bool {
	f, err := Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // it was read only
	was := f.Session()
	if was.Run == session.Run || was.Cluster != session.Cluster || was.Primary.ID != session.Primary.ID {
		return false
	}
	from, to := f.Bounds()
	to = to.Add(-settles - earlierMoments*momentsApart)
	if to.Before(from) {
		return false // too short to tell of anything
	}
	// A seek reads the window alone, not the quarter of an hour before it.
	t := NewReplay(f, cluster.HistoryOptions{Raw: momentsApart})
	defer func() { _ = t.Close() }() // it opened nothing
	s.Begin()
	every := max(2*time.Minute, to.Sub(from)/earlierWindows)
	for at := from.Add(min(momentsApart, to.Sub(from))); !at.After(to) && ctx.Err() == nil; at = at.Add(every) {
		for range earlierMoments {
			s.Note(t.At(at))
			at = at.Add(momentsApart)
		}
		s.Settle(t.At(at.Add(settles)))
		at = at.Add(-earlierMoments * momentsApart)
	}
	return true
}
