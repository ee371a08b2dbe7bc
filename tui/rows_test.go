package tui

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stemedb/stemetop/sources/cluster"
)

// lagging returns a snapshot with replicas of the given lags, named in order.
func lagging(lags []float64) *cluster.Snapshot {
	s := &cluster.Snapshot{Replicas: make([]cluster.Replica, len(lags))}
	for i, l := range lags {
		id := cluster.NodeID(fmt.Sprintf("node%02d", i))
		s.Replicas[i] = cluster.Replica{
			Node: cluster.Node{ID: id, Name: id.Text()},
			Lag:  cluster.Lag{State: cluster.LagLive, Seconds: cluster.Known(l)},
		}
	}
	return s
}

func TestWorstFirst(t *testing.T) {
	s := lagging([]float64{1, 70, 0.1, 12, 6})
	s.Replicas[2].Lag = cluster.Lag{State: cluster.LagUnknown}
	r := rows{shown: 10}
	r.sort(s)
	if got, want := fmt.Sprint(r.ids), "[node01 node03 node02 node04 node00]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if r.sel != "node01" {
		t.Errorf("the cursor is on %s", r.sel)
	}
}

// Until it is moved the cursor is on the worst; healthy rows keep their places.
func TestCursorRestsOnTheWorst(t *testing.T) {
	r := rows{shown: 10}
	r.sort(lagging([]float64{0.1, 0.2, 30, 0.3}))
	if r.sel != "node02" {
		t.Fatalf("on %s", r.sel)
	}
	r.sort(lagging([]float64{80, 0.4, 30, 0.2}))
	if got, want := fmt.Sprint(r.sel, " ", r.ids), "node00 [node00 node02 node01 node03]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// While all is well the cursor rests where it is, and after trouble stays there.
func TestCursorRestsWhileAllIsWell(t *testing.T) {
	r := rows{shown: 10}
	for _, c := range []struct {
		lags []float64
		want cluster.NodeID
	}{
		{[]float64{0.1, 0.2, 0.3}, "node00"},
		{[]float64{0.3, 0.2, 0.1}, "node00"},
		{[]float64{0.1, 9, 0.3}, "node01"},
		{[]float64{0.4, 0.2, 0.3}, "node01"},
		{[]float64{30, 0.2, 30.1}, "node00"},
		{[]float64{30.2, 0.2, 30.1}, "node00"},
	} {
		r.sort(lagging(c.lags))
		if r.sel != c.want {
			t.Errorf("%v: on %s, want %s", c.lags, r.sel, c.want)
		}
	}
}

// Whatever readings come in, a cursor that was moved stays on its replica and on
// its line, and all replicas are in the table once.
func TestSortingNeverMovesTheRowUnderTheCursor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "replicas")
		lags := rapid.SliceOfN(rapid.Float64Range(0, 100), n, n)
		r := rows{shown: rapid.IntRange(1, 15).Draw(t, "shown")}
		r.sort(lagging(lags.Draw(t, "lags")))
		r.move(rapid.IntRange(-40, 40).Draw(t, "move"))
		line := func() int {
			for i, id := range r.ids {
				if id == r.sel {
					return i - r.top
				}
			}
			return -1
		}
		for range 5 {
			sel, was := r.sel, line()
			if was < 0 || was >= r.shown {
				t.Fatalf("the cursor is on line %d of %d", was, r.shown)
			}
			r.sort(lagging(lags.Draw(t, "lags")))
			if r.sel != sel || line() != was {
				t.Fatalf("%s on line %d became %s on line %d", sel, was, r.sel, line())
			}
			seen := make(map[cluster.NodeID]bool)
			for _, id := range r.ids {
				seen[id] = true
			}
			if len(seen) != n || len(r.ids) != n {
				t.Fatalf("%d rows, %d different, of %d", len(r.ids), len(seen), n)
			}
			if rapid.Bool().Draw(t, "more") {
				r.move(rapid.IntRange(-3, 3).Draw(t, "move"))
			}
		}
	})
}

func TestSelectionSurvivesWhatComesAndGoes(t *testing.T) {
	r := rows{shown: 5}
	r.sort(lagging([]float64{9, 8, 7}))
	r.move(1)
	sel := r.sel
	r.sort(lagging([]float64{9, 8, 7, 90, 80}))
	if r.sel != sel {
		t.Errorf("%s became %s", sel, r.sel)
	}
	r.sort(lagging(nil))
	if r.sel != "" || len(r.ids) != 0 {
		t.Errorf("%s of %v", r.sel, r.ids)
	}
	r.sort(lagging([]float64{1}))
	if r.sel != "node00" {
		t.Errorf("on %s", r.sel)
	}
}

// The same through the program, at a size where not all rows fit.
func TestCursorStaysOnScreen(t *testing.T) {
	r := newRig(t, 80, 24, 100)
	r.keys("j", "j", "j", "j", "j", "j", "j", "j", "j", "j")
	sel, line := r.rows.sel, r.cursorRow()
	for range 30 {
		r.tick(20 * time.Second)
		if r.rows.sel != sel || r.cursorRow() != line {
			t.Fatalf("%s on line %d became %s on line %d", sel, line, r.rows.sel, r.cursorRow())
		}
	}
	r.keys("G")
	if got := r.cursorRow(); got != r.rows.shown-1 {
		t.Errorf("G: line %d of %d", got, r.rows.shown)
	}
	r.keys("g")
	if got := r.cursorRow(); got != 0 {
		t.Errorf("g: line %d", got)
	}
}
