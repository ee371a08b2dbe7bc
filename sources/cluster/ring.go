package cluster

// ring is a queue of bounded length that drops its oldest. It grows as it fills.
type ring[T any] struct {
	items []T
	head  int // index of the oldest, once full
}

func (r *ring[T]) len() int { return len(r.items) }

func (r *ring[T]) at(i int) *T { return &r.items[(r.head+i)%len(r.items)] }

// push appends x and keeps at most limit items.
func (r *ring[T]) push(x T, limit int) {
	if len(r.items) < limit {
		if r.head != 0 {
			r.resize(limit)
		}
		if n := len(r.items); n == cap(r.items) { // append would outgrow the limit
			r.items = append(make([]T, 0, min(n+n/4+16, limit)), r.items...)
		}
		r.items = append(r.items, x)
		return
	}
	r.items[r.head] = x
	r.head = (r.head + 1) % len(r.items)
}

// resize keeps the newest limit items, oldest first.
func (r *ring[T]) resize(limit int) {
	n := min(len(r.items), limit)
	kept := make([]T, 0, n)
	for i := len(r.items) - n; i < len(r.items); i++ {
		kept = append(kept, *r.at(i))
	}
	r.items, r.head = kept, 0
}
