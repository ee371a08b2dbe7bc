package panes

import "strings"

// piece is a part of a one-line bar. From rank 2 on the least come first: each
// rank is drawn if it fits beside those before it. Where not even rank 1 fits, a
// long text of rank 0 is cut, then rank 1 is dropped.
type piece struct {
	style Style
	text  string
	rank  int
	name  string // what the text is a figure of; drawn before it as a label
}

// say makes a piece.
func say(s Style, text string, rank int) piece { return piece{style: s, text: text, rank: rank} }

// padded right-aligns ASCII text in n cells, so that a figure that grows moves
// no other.
func padded(text string, n int) string {
	return strings.Repeat(" ", max(0, n-len(text))) + text
}

// pieceGap is the room between two pieces.
const pieceGap = 2

// bar puts pieces at the left and at the right of one line, dropping what the
// width has no room for.
func (p *page) bar(left, right []piece) {
	chosen := ranks(1)
	for rank := 1; rank <= mostRank; rank++ {
		cut := p.w
		if rank == 1 {
			cut = p.leastText()
		}
		with := chosen | 1<<rank
		if span(left, with, cut)+span(right, with, cut) <= p.free()+pieceGap {
			chosen = with
		} else if rank == 1 {
			break
		}
	}
	reserved := span(right, chosen, p.w) // with the gap before each
	for _, c := range left {
		if chosen.has(c.rank) && c.text != "" {
			p.piece(c, p.free()-reserved)
			p.space(min(pieceGap, p.free()-reserved))
		}
	}
	p.to(p.w - reserved)
	p.under(Style{}) // a line drawn as a block is one for its left pieces only
	for _, c := range right {
		if chosen.has(c.rank) && c.text != "" {
			p.space(pieceGap)
			p.piece(c, p.free())
		}
	}
	p.end()
}

// leastText is what pieces of rank 0 must keep for those of rank 1 to have a place:
// little where a line is stamped whatever it says.
func (p *page) leastText() int {
	if p.w >= stamped {
		return p.w / 5
	}
	return p.w / 3
}

// piece puts a piece in at most n cells.
func (p *page) piece(c piece, n int) {
	if name := printable(c.name); name != "" && n > cells(name)+1 {
		p.raw(p.s.Label, name)
		p.space(1)
		n -= cells(name) + 1
	}
	p.raw(c.style, clip(printable(c.text), n, p.g.Ellipsis))
}

// ranks is a set of ranks.
type ranks uint16

// mostRank is the greatest rank.
const mostRank = 9

func (r ranks) has(rank int) bool { return r&(1<<rank) != 0 }

// everyRank holds all ranks.
const everyRank ranks = 1<<(mostRank+1) - 1

// span is what the pieces of some ranks take, those of rank 0 cut to so many
// cells, with a gap each.
func span(ps []piece, of ranks, cut int) int {
	n := 0
	for _, c := range ps {
		if of.has(c.rank) && c.text != "" {
			text := cells(printable(c.text))
			if c.rank == 0 {
				text = min(text, cut)
			}
			n += text + pieceGap
			if c.name != "" {
				n += cells(printable(c.name)) + 1
			}
		}
	}
	return n
}
