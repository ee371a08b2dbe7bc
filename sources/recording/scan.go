package recording

import (
	"bytes"
	"errors"
	"io"
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
			f.lost += next - s.at
			s.at = next
			continue
		}
		f.add(h, s.at)
		s.at += int64(h.size + h.length)
	}
	f.end, f.torn = s.at, s.size-s.at
	return nil
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
		f.lost += end - at
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

// seek finds the next block after the place, one whose first chunk is whole.
func (s *scanner) seek() (at int64, found bool, err error) {
	here := s.at
	defer func() { s.at = here }()
	for s.at++; s.at < s.size; {
		b, err := s.window(s.at, scanBuffer)
		if err != nil {
			return 0, false, err
		}
		i := bytes.Index(b, []byte(startMark))
		if i < 0 {
			s.at += int64(max(1, len(b)-len(startMark)+1))
			continue
		}
		s.at += int64(i)
		if _, ok, err := s.chunk(); ok || err != nil {
			return s.at, ok, err
		}
		s.at++
	}
	return 0, false, nil
}
