package recording

import (
	"slices"
	"time"
)

// longestBlock is how long a block of any recording goes on: earlier versions began
// one each five minutes.
const longestBlock = 5 * time.Minute

// blockAt returns the position of the block that tells of an instant: the newest
// one that begins at or before it, 0 if none does. The wall clock may have been
// set back, which begins a block: then the newest stretch that reaches to the
// instant counts, and an instant that was twice is the second one.
func blockAt(bases []int64, ns int64) int {
	newest := -1
	for i, base := range slices.Backward(bases) {
		if base > ns {
			continue
		}
		newest = max(newest, i)
		end := base + int64(longestBlock) // of the last before a step
		if i+1 < len(bases) && bases[i+1] >= base {
			end = bases[i+1]
		}
		if ns <= end {
			return i
		}
	}
	return max(newest, 0)
}
