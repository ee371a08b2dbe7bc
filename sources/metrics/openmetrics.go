package metrics

import (
	"math"
	"strconv"
)

// appendPlain appends an OpenMetrics series as the line of format 0.0.4 that
// says the same, without exemplar; ok is false if it is none. A timestamp that no
// clock shows is left out.
//
// The library's own OpenMetrics decoder runs an ABNF grammar, at half a
// millisecond a line. It serves as the reference in the tests.
func appendPlain(dst, line []byte) (_ []byte, ok bool) {
	line = trimBlanks(line)
	end := labelsEnd(line)
	if end < 0 {
		return dst, false
	}
	value, rest := nextWord(line[end:])
	if len(value) == 0 {
		return dst, false
	}
	stamp, rest := nextWord(rest)
	at := math.NaN() // s
	if len(stamp) > 0 && stamp[0] != '#' {
		var err error
		if at, err = strconv.ParseFloat(string(stamp), 64); err != nil {
			return dst, false
		}
		stamp, _ = nextWord(rest)
	}
	if len(stamp) > 0 && string(stamp) != "#" {
		return dst, false
	}
	dst = append(dst, line[:end]...)
	dst = append(dst, ' ')
	dst = append(dst, value...)
	if math.Abs(at) < math.MaxInt32 {
		dst = strconv.AppendInt(append(dst, ' '), int64(math.Round(at*1000)), 10)
	}
	return append(dst, '\n'), true
}
