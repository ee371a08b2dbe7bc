package cluster

import "testing"

// A loss is over when so many came back since as would be luck if it went on.
func TestCeased(t *testing.T) {
	for _, x := range []struct {
		name string
		lost string // x is lost; what follows are those that came back since
		back int
		want bool
	}{
		{"nothing was lost", "", 60, false},
		{"one alone tells no share", "x", 59, false},
		{"a cut, just over", "xxxxxxxxx", 11, false},
		{"a cut, over for long enough", "xxxxxxxxx", 12, true},
		{"every other, a while ago", "x.x.x.x", 12, true},
		{"one in ten may be lost again", "x.........x.........x", 35, false},
		{"one in ten, not for as long as would be luck", "x.........x.........x", 45, true},
		{"one in twenty is never over within what is remembered", "x...................x", 39, false},
	} {
		var points []ProbePoint
		for _, c := range x.lost {
			points = append(points, ProbePoint{Lost: c == 'x'})
		}
		points = append(points, make([]ProbePoint, x.back)...)
		if got := tripsOf(points).Ceased; got != x.want {
			t.Errorf("%s: %v", x.name, got)
		}
	}
}
