package physics

// trouble is what goes on at a node besides its work. The zero trouble is none.
type trouble struct {
	ioStall, steal, oneCore  float64
	parallelReads, otherDisk float64
	slow                     float64 // by how much the cores are slower, 0 to 1
}

func (t *trouble) set(e Event) {
	v := min(1, max(0, e.Value))
	switch e.Kind {
	case IOStall:
		t.ioStall = min(v, 1-minCapacity)
	case CoreSpeed:
		t.slow = 1 - max(v, minCapacity)
	case Steal:
		t.steal = min(v, 1-minCapacity)
	case OneCore:
		t.oneCore = v
	case ParallelReads:
		t.parallelReads = v
	case OtherDisk:
		t.otherDisk = v
	default:
	}
}

// cores returns what the processors do in a second, as a part of what they
// should: one that is slow is busy for longer, one that is stolen is not there.
func (t *trouble) cores() float64 { return (1 - t.slow) * (1 - t.steal) }
