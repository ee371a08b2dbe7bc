package recording

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Extension is that of recordings.
const Extension = ".stemetop"

// File is a recording that is read. It may be in work: Refresh finds what came
// since. It is safe for concurrent use.
type File struct {
	path   string
	header *Header
	plans  *plans

	mu     sync.Mutex
	file   *os.File
	index  []fileBlock
	size   int64 // of the file, when it was last looked at
	end    int64 // up to here all is read
	torn   int64
	spoilt int64       // after end: damage, and nothing after it that can be read as yet
	lost   []lostBytes // before end
	holes  holes
	last   time.Time
	latest time.Time // the latest that was received; not last where the clock was set back
	lastAt int64     // c.end that they were found for
}

// fileBlock is a stretch of whole chunks, the first of which opens a block.
type fileBlock struct {
	base     int64
	from, to int64
	pieces   int
}

// Open opens a recording. The error wraps a *cluster.Failure that names the file
// and the way out.
func Open(path string) (*File, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, openFailure(path, err)
	}
	r := &File{path: path, file: f}
	if err := r.open(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

func openFailure(path string, err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return cluster.Fail(cluster.FailMissing, "there is no file "+path, "name a recording; they end in "+Extension)
	case errors.Is(err, os.ErrPermission):
		return cluster.Fail(cluster.FailPermission, "may not read "+path, "recordings are readable by who made them only")
	}
	return cluster.Fail(cluster.FailOther, fmt.Sprintf("can't read %s: %v", path, err), "")
}

func (f *File) open() error {
	head, err := readHead(io.NewSectionReader(f.file, 0, maxHeader))
	if err != nil {
		return openFailure(f.path, err)
	}
	h, size, err := parseHeader(f.path, head)
	if err != nil {
		return err
	}
	f.header, f.plans, f.end = h, bind(h.Kinds), int64(size)
	f.plans.format = h.Format
	if err := f.Refresh(); err != nil {
		return err
	}
	if _, to := f.Bounds(); to.IsZero() {
		return fail(f.path, "holds no observation", "the recording was cut short before anything was in it")
	}
	return nil
}

// readHead returns the first two lines, or what there is of them.
func readHead(r io.Reader) ([]byte, error) {
	lines := bufio.NewReader(r)
	var head []byte
	for range 2 {
		line, err := lines.ReadBytes('\n')
		head = append(head, line...)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err // the caller names the file
		}
	}
	return head, nil
}

// Close closes the file.
func (f *File) Close() error {
	if err := f.file.Close(); err != nil {
		return fmt.Errorf("close recording: %w", err)
	}
	return nil
}

// Header returns what the file says of itself.
func (f *File) Header() Header { return *f.header }

// Session returns what was watched as the file began.
func (f *File) Session() cluster.Session { return f.header.Session }

// Unknown returns the kinds of observations in the file that this version does
// not know and skips.
func (f *File) Unknown() []string {
	var names []string
	for _, k := range f.plans.kinds {
		if k.root.typ == nil {
			names = append(names, cluster.Clean(k.name).String())
		}
	}
	return names
}

// Damage is how many bytes of a recording can't be read.
type Damage struct {
	Torn int64 // bytes at the end: a chunk that was in work as the writer died, or is in work now
	Lost int64 // bytes elsewhere
}

// Damage returns what can't be read.
func (f *File) Damage() Damage {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := Damage{Torn: f.torn, Lost: f.spoilt}
	for _, l := range f.lost {
		d.Lost += l.bytes
	}
	return d
}

// Bounds returns the first and the last instant at which an observation was received.
// The last is not that of the end where the clock was set back.
func (f *File) Bounds() (from, to time.Time) {
	from, to, _ = f.ends()
	return from, to
}

// End returns when the observation at the end was received.
func (f *File) End() time.Time {
	_, _, end := f.ends()
	return end
}

func (f *File) ends() (from, latest, end time.Time) {
	f.mu.Lock()
	size, latest, end, known := f.end, f.latest, f.last, f.lastAt == f.end
	f.mu.Unlock()
	_, bases := f.blocks()
	if len(bases) == 0 {
		return from, latest, end
	}
	from = time.Unix(0, slices.Min(bases)).UTC()
	if known {
		return from, latest, end
	}
	end, latest = f.received(len(bases)-1, end)
	for i, base := range bases[:len(bases)-1] {
		if bases[i+1] >= base {
			continue
		}
		if _, at := f.received(i, time.Unix(0, base).UTC()); at.After(latest) { // then the clock was set back
			latest = at
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last, f.latest, f.lastAt = end, latest, size
	return from, latest, end
}

// received returns when the last of a block was received, and the latest of it, which is
// another where the clock was set back; fallback where nothing can be read.
func (f *File) received(block int, fallback time.Time) (last, latest time.Time) {
	last, latest = fallback, fallback
	for c := newCursor(f, block); ; {
		i, ok, err := c.next()
		if err != nil || !ok || i.block != block {
			return last, latest
		}
		if last = i.observation.Received; last.After(latest) {
			latest = last
		}
	}
}

// Read calls fn with the observations received between two instants, in their
// order, until fn returns false. Before them come those of the keyframe at or
// before the first instant and what followed it, since without them nothing could
// be told of it. skipped counts the observations of kinds that this version does not know.
func (f *File) Read(from, to time.Time, fn func(*cluster.Observation) bool) (skipped map[string]uint64, err error) {
	_, bases := f.blocks()
	c := newCursor(f, blockAt(bases, from.UnixNano()))
	for {
		i, ok, err := c.next()
		if err != nil || !ok || i.observation.Received.After(to) {
			return c.decoder.skipped, err
		}
		for _, o := range append(i.keyframe, i.observation) {
			if !fn(o) {
				return c.decoder.skipped, nil
			}
		}
	}
}

func (f *File) blocks() (first int, bases []int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	bases = make([]int64, len(f.index))
	for i := range f.index {
		bases[i] = f.index[i].base
	}
	return 0, bases
}

func (f *File) schema() *plans { return f.plans }

func (f *File) chunks(n, from int) ([]chunk, error) {
	f.mu.Lock()
	if n < 0 || n >= len(f.index) || from >= f.index[n].pieces {
		f.mu.Unlock()
		return nil, nil
	}
	b := f.index[n]
	f.mu.Unlock()
	data := make([]byte, b.to-b.from)
	if _, err := f.file.ReadAt(data, b.from); err != nil {
		return nil, openFailure(f.path, err)
	}
	var list []chunk
	for len(data) > 0 {
		h, ok := parseHead(data)
		if !ok || len(data)-h.size < h.length {
			return nil, fail(f.path, "changed while it was read", "take a copy of it and read that")
		}
		h.data = data[h.size : h.size+h.length]
		list, data = append(list, h.chunk), data[h.size+h.length:]
	}
	return list[min(from, len(list)):], nil
}
