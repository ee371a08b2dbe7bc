package panes

// column is one column of a table. Which are drawn is a matter of the width
// alone, never of the data, so that nothing jumps.
type column[T any] struct {
	head  string
	width int
	right bool // figures are aligned right
	rank  int  // 0 is always drawn; the greatest is dropped first
	draw  func(p *page, row T, width int)
}

// fit returns the columns that fit in w cells with sep cells between them, in
// their order, and what they take.
func fit[T any](all []column[T], w, sep int) (chosen []column[T], taken int) {
	limit := 0
	for rank := range 10 {
		need := 0
		for i := range all {
			if all[i].rank <= rank {
				need += all[i].width + sep
			}
		}
		if rank > 0 && need-sep > w {
			break
		}
		limit, taken = rank, need-sep
	}
	for i := range all {
		if all[i].rank <= limit {
			chosen = append(chosen, all[i])
		}
	}
	return chosen, max(taken, 0)
}

// heads draws the line of column heads.
func heads[T any](p *page, cs []column[T], indent, sep int) {
	p.space(indent)
	for i := range cs {
		if i > 0 {
			p.space(sep)
		}
		if cs[i].right {
			p.right(p.s.Label, cs[i].head, cs[i].width)
		} else {
			p.left(p.s.Label, cs[i].head, cs[i].width)
		}
	}
	p.end()
}

// cellsOf draws a row's cells.
func cellsOf[T any](p *page, cs []column[T], row T, sep int) {
	for i := range cs {
		if i > 0 {
			p.space(sep)
		}
		start := p.n
		cs[i].draw(p, row, cs[i].width)
		p.to(start + cs[i].width)
	}
}
