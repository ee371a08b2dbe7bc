package recording

import (
	"bytes"
	"errors"
	"io"
	"slices"
)

// scanBuffer holds the head of a chunk, and the data of nearly every one.
const scanBuffer = 64 << 10

// Refresh finds the chunks that came since the last time.
func (f *File) Refresh() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := f.file.Stat()
	if err != nil {
		return openFailure(f.path, err)
	}
	if info.Size() == f.size {
		return nil // what is damaged at the end is not searched again
	}
	s := scanner{r: f.file, at: f.end, size: info.Size(), buf: make([]byte, 0, scanBuffer)}
	for s.at < s.size {
		h, ok, err := s.chunk()
		if err != nil {
			return openFailure(f.path, err)
		}
		if !ok || !h.start && len(f.index) == 0 {
			next, found, err := s.seek()
			if err != nil {
				return openFailure(f.path, err)
			}
			if !found {
				break
			}
			f.lose(next - s.at)
			s.at = next
			continue
		}
		f.add(h, s.at)
		s.at += int64(h.size + h.length)
	}
	torn, err := s.torn()
	if err != nil {
		return openFailure(f.path, err)
	}
	f.size, f.end, f.torn, f.spoilt = s.size, s.at, s.size-s.at, 0
	if !torn {
		f.torn, f.spoilt = 0, f.torn
	}
	return nil
}

// lose counts bytes that can't be read after the newest block.
func (f *File) lose(bytes int64) {
	after := len(f.index) - 1
	if n := len(f.lost); n > 0 && f.lost[n-1].after == after {
		f.lost[n-1].bytes += bytes
		return
	}
	f.lost = append(f.lost, lostBytes{after, bytes})
}

// maxBlock bounds what of a block is loaded at once. Ours end far earlier.
const maxBlock = 64 << 20

// add enters a whole chunk that stands at a place, if it can be reached from the
// start of its block.
func (f *File) add(h frameHead, at int64) {
	end := at + int64(h.size+h.length)
	if h.start {
		f.index = append(f.index, fileBlock{base: h.base, from: at, to: at})
	}
	b := &f.index[len(f.index)-1]
	if b.to != at || end-b.from > maxBlock {
		f.lose(end - at)
		return
	}
	b.to = end
	b.pieces++
}

// scanner reads a file front to back in large pieces.
type scanner struct {
	r    io.ReaderAt
	at   int64 // of what is looked at
	size int64
	buf  []byte
	from int64 // where buf stands
}

// window returns up to n bytes from at on; fewer at the end of the file.
func (s *scanner) window(at int64, n int) ([]byte, error) {
	n = int(min(int64(n), s.size-at))
	if at < s.from || at+int64(n) > s.from+int64(len(s.buf)) {
		want := max(n, min(scanBuffer, int(min(s.size-at, scanBuffer))))
		if cap(s.buf) < want {
			s.buf = make([]byte, 0, want)
		}
		got, err := s.r.ReadAt(s.buf[:want], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err // the caller names the file
		}
		s.buf, s.from = s.buf[:got], at
	}
	from := int(at - s.from)
	return s.buf[from:min(from+n, len(s.buf))], nil
}

// chunk reads the chunk at the place; ok is false if none stands there whole.
func (s *scanner) chunk() (h frameHead, ok bool, err error) {
	b, err := s.window(s.at, maxFrameHead)
	if err != nil {
		return h, false, err
	}
	if h, ok = parseHead(b); !ok || s.at+int64(h.size+h.length) > s.size {
		return h, false, nil
	}
	data, err := s.window(s.at+int64(h.size), h.length)
	if err != nil {
		return h, false, err
	}
	return h, len(data) == h.length && h.fits(data), nil
}

const (
	// searched is how far after damage chunks are looked for that go on with a block.
	// They can't be decoded, and tell that what is before them was not the last; the
	// mark of such a one is a single byte, so that the search costs.
	searched = 4 << 20
	// searchedChunk is the largest of those that are looked for.
	searchedChunk = 64 << 10
)

// seek finds the next chunk after the place that is whole.
func (s *scanner) seek() (at int64, found bool, err error) {
	here := s.at
	defer func() { s.at = here }()
	for s.at++; s.at < s.size; {
		if _, err := s.window(s.at, maxFrameHead); err != nil {
			return 0, false, err
		}
		near, b := s.at-here < searched, s.buf[s.at-s.from:]
		i := nextMark(b, near)
		if i < 0 && near {
			s.at += int64(len(b))
			continue
		}
		if i < 0 { // a mark may begin in the last bytes
			s.at += int64(max(1, len(b)-len(startMark)+1))
			continue
		}
		s.at += int64(i)
		head, err := s.window(s.at, maxFrameHead)
		if err != nil {
			return 0, false, err
		}
		if h, ok := parseHead(head); ok && (h.start || near && h.length <= searchedChunk) {
			if _, ok, err := s.chunk(); ok || err != nil {
				return s.at, ok, err
			}
		}
		s.at++
	}
	return 0, false, nil
}

// nextMark returns where a chunk may begin, -1 for nowhere: any that is marked by its
// first byte, or one that opens a block.
func nextMark(b []byte, all bool) int {
	if !all {
		return bytes.Index(b, []byte(startMark))
	}
	return slices.IndexFunc(b, func(x byte) bool { return x == goOnMark || x == startMark[0] })
}

// torn tells whether what is left at the place may be the beginning of a chunk that
// the writer did not finish, or room that was made for one.
func (s *scanner) torn() (bool, error) {
	b, err := s.window(s.at, scanBuffer)
	if err != nil {
		return false, err
	}
	if len(bytes.TrimLeft(b, "\x00")) == 0 {
		return true, nil
	}
	b = b[:min(len(b), maxFrameHead)]
	if h, ok := parseHead(b); ok {
		return s.at+int64(h.size+h.length) > s.size, nil
	}
	began := b[0] == goOnMark || bytes.HasPrefix(b, []byte(startMark)) || bytes.HasPrefix([]byte(startMark), b)
	return len(b) < maxFrameHead && began, nil
}
