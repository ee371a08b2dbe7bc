package logs

import (
	"hash/maphash"
	"slices"
)

// seen remembers the newest lines of a file: when it is followed anew, the first
// lines were heard before.
type seen struct {
	seed   maphash.Seed
	newest []uint64 // oldest first
}

// remember is how many lines are compared: more than what was left out between
// two of them on a busy host.
const remember = 256

func newSeen() seen { return seen{seed: maphash.MakeSeed()} }

func (s *seen) sum(line string) uint64 { return maphash.String(s.seed, line) }

// add notes lines that were heard.
func (s *seen) add(lines []string) {
	for _, l := range lines {
		s.newest = append(s.newest, s.sum(l))
	}
	if n := len(s.newest); n > 2*remember {
		s.newest = slices.Clone(s.newest[n-remember:])
	}
}

// fresh returns those of lines that come after the newest that was heard. gap
// tells that none of them was, so that others may be missing between. A line that
// tells its time (timed) is known by itself; others repeat, and are known only if
// all before them were heard too.
func (s *seen) fresh(lines []string, timed func(string) bool) (rest []string, gap bool) {
	if len(s.newest) == 0 || len(lines) == 0 {
		return lines, false
	}
	sums := make([]uint64, len(lines))
	for i, l := range lines {
		sums[i] = s.sum(l)
	}
	for i := len(sums) - 1; i >= 0; i-- {
		if slices.Contains(s.newest, sums[i]) && (timed(lines[i]) || s.endsWith(sums[:i+1])) {
			return lines[i+1:], false
		}
	}
	return lines, true
}

// endsWith tells whether heard lines and sums end alike, as far as both go.
func (s *seen) endsWith(sums []uint64) bool {
	for i := 1; i <= min(len(sums), len(s.newest)); i++ {
		if sums[len(sums)-i] != s.newest[len(s.newest)-i] {
			return false
		}
	}
	return true
}
