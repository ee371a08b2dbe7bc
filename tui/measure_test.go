package tui

import (
	"slices"
	"testing"

	"github.com/stemedb/stemetop/panes"
	"github.com/stemedb/stemetop/sources/cluster"
)

// measured notes what is begun and ended.
type measured struct {
	open []string
	all  int
}

func (x *measured) begin(pane panes.Name, node cluster.NodeID) func() {
	what := panes.Title(&panes.Frame{}, pane) + " " + string(node)
	x.open, x.all = append(x.open, what), x.all+1
	return func() {
		i := slices.Index(x.open, what)
		x.open = slices.Delete(x.open, i, i+1)
	}
}

// What is measured on demand is what the screen shows, at every key.
func TestMeasuresWhatIsShown(t *testing.T) {
	var x measured
	r := newRig(t, 120, 40, 4, func(o *Options) { o.Measure = x.begin })
	first := string(r.rows.sel)
	second := string(r.rows.ids[1])
	for _, step := range []struct {
		key  string
		want []string
	}{
		{"P", nil},
		{"M", []string{"hop by hop " + first}},
		{"w", []string{"hop by hop " + first}},
		{"j", []string{"hop by hop " + second}},
		{"k", []string{"hop by hop " + first}},
		{"I", []string{"who writes " + first}},
		{"p", []string{"who writes node1"}},
		{"p", []string{"who writes " + first}},
		{"?", []string{"who writes " + first}},
		{"esc", []string{"who writes " + first}},
		{"esc", nil},
		{"M", []string{"hop by hop " + first}},
		{"M", nil},
		{"I", []string{"who writes " + first}},
		{"4", nil},
		{"M", []string{"hop by hop " + first}},
		{"tab", nil},
		{"S", nil},
		{"M", []string{"hop by hop " + first}},
		{"S", nil},
		{"5", nil}, // focused among others
		{"enter", []string{"merkle sync " + first}},
		{"esc", nil},
	} {
		r.keys(step.key)
		if !slices.Equal(x.open, step.want) {
			t.Errorf("after %q: %q is measured, want %q", step.key, x.open, step.want)
		}
	}
	if x.all != 11 {
		t.Errorf("%d were begun", x.all)
	}
}

// In a replay nothing is measured; what was recorded is shown.
func TestReplayMeasuresNothing(t *testing.T) {
	r := newRig(t, 120, 40, 4, func(o *Options) { o.Replay, o.SetInterval = true, nil })
	r.keys("M", "j", "I", "esc")
}
