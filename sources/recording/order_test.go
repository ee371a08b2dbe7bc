package recording

import "testing"

func TestBlockAt(t *testing.T) {
	const m = int64(longestBlock)
	back := []int64{10 * m, 11 * m, 12 * m, 5 * m, 6 * m} // set back by 8 spans after a while
	for _, c := range []struct {
		bases []int64
		at    int64
		want  int
	}{
		{[]int64{10, 20, 30}, 5, 0},
		{[]int64{10, 20, 30}, 10, 0},
		{[]int64{10, 20, 30}, 29, 1},
		{[]int64{10, 20, 30}, 30 + 9*m, 2}, // long after the end
		{back, 11*m + 1, 1},
		{back, 5*m + 1, 3},
		{back, 6*m + 1, 4},
		{back, 8 * m, 4},
		{[]int64{10 * m, 11 * m, 10*m + 5}, 10*m + 9, 2}, // twice: the second
	} {
		if got := blockAt(c.bases, c.at); got != c.want {
			t.Errorf("%v at %d: %d, want %d", c.bases, c.at, got, c.want)
		}
	}
}
