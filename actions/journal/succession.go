package journal

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/stemedb/stemetop/sources/cluster"
)

// lose notes why a new segment is needed, and gives the old one up.
func (j *Journal) lose(path string, h Head, why error) {
	j.why = Lost{Segment: filepath.Base(path), Head: h, Reason: cluster.Clean(why.Error())}
}

// nextSegment makes a new segment in the first directory that takes one.
func (j *Journal) nextSegment() error {
	var errs []error
	for _, dir := range j.dirs() {
		err := j.createSegment(dir)
		if isFull(err) {
			if err = j.reserve.release(); err == nil {
				err = j.createSegment(dir)
			}
		}
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (j *Journal) createSegment(dir string) error {
	if err := makeDir(dir); err != nil {
		return err
	}
	path := filepath.Join(dir, segmentName(j.last+1))
	f, err := j.o.open(path, true)
	if err != nil {
		return err
	}
	seg, err := newSegment(path, f)
	if err != nil {
		return errors.Join(err, f.Close(), os.Remove(path))
	}
	j.seg = seg
	if err := j.begin(dir); err != nil {
		j.seg = nil
		// No record of it was told to anybody: it may go.
		return errors.Join(err, seg.close(), os.Remove(path), os.Remove(anchorPath(path)))
	}
	j.last++
	j.why = Lost{}
	if j.retired != nil {
		// What its close says of its data is known: that it is lost.
		_ = j.retired.close()
		j.retired = nil
	}
	return nil
}

// begin writes what a segment begins with.
func (j *Journal) begin(dir string) error {
	if err := j.put(Record{Kind: KindGenesis, Origin: &j.o.Origin}); err != nil {
		return err
	}
	if j.why.Segment != "" {
		j.why.Open = slices.Clone(j.open)
		if err := j.put(Record{Kind: KindLost, Lost: &j.why}); err != nil {
			return err
		}
	}
	return syncDir(dir)
}

// drop closes the present segment.
func (j *Journal) drop() error {
	var errs []error
	for _, s := range []*segment{j.seg, j.retired} {
		if s != nil {
			errs = append(errs, s.close())
		}
	}
	j.seg, j.retired = nil, nil
	return errors.Join(errs...)
}
