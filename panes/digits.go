package panes

// bitmaps are the large characters, three dots wide and five high, a row in the
// lowest three bits of each number, left dot highest.
var bitmaps = map[rune][5]byte{
	'0': {7, 5, 5, 5, 7}, '1': {2, 6, 2, 2, 7}, '2': {7, 1, 7, 4, 7}, '3': {7, 1, 7, 1, 7},
	'4': {5, 5, 7, 1, 1}, '5': {7, 4, 7, 1, 7}, '6': {7, 4, 7, 5, 7}, '7': {7, 1, 2, 2, 2},
	'8': {7, 5, 7, 5, 7}, '9': {7, 5, 7, 1, 7}, '-': {0, 0, 7, 0, 0}, '.': {0, 0, 0, 0, 2},
	'?': {7, 1, 3, 0, 2}, 's': {3, 4, 2, 1, 6}, 'm': {0, 7, 7, 5, 5}, 'h': {4, 4, 7, 5, 5},
	'd': {1, 1, 7, 5, 7}, 'y': {5, 5, 7, 1, 7}, ' ': {0, 0, 0, 0, 0},
}

const (
	dotsHigh = 5
	dotWide  = 2 // cells of a dot at scale 1: a cell is about twice as high as wide
)

// dotsOf is how many dots wide a large character is, with the gap after it.
func dotsOf(r rune) int {
	switch r {
	case ' ', '.':
		return 2
	}
	return 4
}

// bigScale returns the greatest scale at which text fits in w by h cells; 0 if
// it does at none.
func bigScale(text string, w, h int) int {
	dots := -1
	for _, r := range text {
		if _, ok := bitmaps[r]; !ok {
			return 0
		}
		dots += dotsOf(r)
	}
	if dots <= 0 {
		return 0
	}
	return max(0, min(w/(dots*dotWide), h/dotsHigh))
}

// big draws text in blocks.
func (p *page) big(s Style, text string, scale, indent int) {
	for y := range dotsHigh {
		for range scale {
			p.space(indent)
			for _, r := range text {
				p.bigRow(s, r, y, scale)
			}
			p.end()
		}
	}
}

// bigRow draws one row of dots of a large character.
func (p *page) bigRow(s Style, r rune, y, scale int) {
	bits, n := bitmaps[r][y], dotsOf(r)
	if r == '.' {
		bits <<= 1 // the point stands at the left of its narrower field
	}
	for x := range n {
		if x < 3 && bits&(4>>x) != 0 {
			p.repeat(s, p.g.Block, dotWide*scale)
		} else {
			p.space(dotWide * scale)
		}
	}
}
