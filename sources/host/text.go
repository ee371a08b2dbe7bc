package host

import (
	"bytes"
	"strconv"
)

// words splits a line at blanks into dst, which is used again by the caller.
func words(line []byte, dst [][]byte) [][]byte {
	dst = dst[:0]
	for len(line) > 0 {
		line = bytes.TrimLeft(line, " \t\r\n")
		end := bytes.IndexAny(line, " \t\r\n")
		if end < 0 {
			end = len(line)
		}
		if end > 0 {
			dst = append(dst, line[:end])
		}
		line = line[end:]
	}
	return dst
}

// numbers parses every word as a counter; ok is false if one is not.
func numbers(in [][]byte, out []uint64) (n int, ok bool) {
	for n < len(in) && n < len(out) {
		v, err := strconv.ParseUint(string(in[n]), 10, 64)
		if err != nil {
			return n, false
		}
		out[n] = v
		n++
	}
	return n, true
}

// modulo32 parses a counter that the kernel keeps in 32 bits; a kernel that
// prints more, or a negative, means the same modulo 2^32.
func modulo32(b []byte) (uint32, bool) {
	if v, err := strconv.ParseUint(string(b), 10, 64); err == nil {
		return uint32(v & 0xffffffff), true
	}
	v, err := strconv.ParseInt(string(b), 10, 64)
	return uint32(v & 0xffffffff), err == nil
}
