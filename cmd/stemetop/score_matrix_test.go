package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// outcome is a plot and what was said of it.
type outcome struct {
	*plot
	verdict cluster.Verdict
}

func (o *outcome) right() bool { return slices.Contains(o.truth, o.verdict.Cause) }

// tally counts what was said by what is true.
type tally struct {
	runs, likely, likelyRight int
	sensed, first, sure       int // with the sensors that the cause needs
	blind, unknown, guessed   int // without: said unknown, or named it all the same
	table                     map[cluster.Cause]map[string]int
	wrong                     []outcome
}

func (t *tally) add(o outcome) {
	t.runs++
	if t.table == nil {
		t.table = map[cluster.Cause]map[string]int{}
	}
	truth, said := o.truth[0], o.verdict.Cause
	if o.right() {
		said = truth
	}
	if t.table[truth] == nil {
		t.table[truth] = map[string]int{}
	}
	t.table[truth][said.String()+" "+o.verdict.Confidence.String()]++
	likely := o.verdict.Confidence == cluster.ConfidenceLikely
	t.likely += one(likely)
	t.likelyRight += one(likely && o.right())
	if o.sensed {
		t.sensed++
		t.first += one(o.right())
		t.sure += one(o.right() && likely)
	} else {
		t.blind++
		t.unknown += one(o.verdict.Cause == cluster.CauseUnknown)
		t.guessed += one(o.right())
	}
	if !o.right() && (o.sensed || o.verdict.Cause != cluster.CauseUnknown) {
		t.wrong = append(t.wrong, o)
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func portion(n, of int) float64 { return 100 * float64(n) / float64(max(1, of)) }

// String is the confusion matrix: likely+possible in each field.
func (t *tally) String() string {
	causes := []cluster.Cause{
		cluster.CauseDisk, cluster.CauseCPU, cluster.CauseNetwork, cluster.CausePrimary, cluster.CauseBreaker,
		cluster.CauseSync, cluster.CauseMeasurement, cluster.CauseUnknown, cluster.CauseNone,
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-13s", "truth \\ said")
	for _, c := range causes {
		fmt.Fprintf(&b, "%13s", c)
	}
	b.WriteString("   (likely+possible)\n")
	for _, truth := range causes {
		row := t.table[truth]
		if row == nil {
			continue
		}
		fmt.Fprintf(&b, "%-13s", truth)
		for _, c := range causes {
			sure, maybe := row[c.String()+" likely"], row[c.String()+" possible"]+row[c.String()+" unknown"]
			field := "."
			if sure+maybe > 0 {
				field = fmt.Sprintf("%d+%d", sure, maybe)
			}
			fmt.Fprintf(&b, "%13s", field)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%d runs\n", t.runs)
	fmt.Fprintf(&b, "likely is right          %5.1f %% (%d of %d)\n", portion(t.likelyRight, t.likely), t.likelyRight, t.likely)
	fmt.Fprintf(&b, "true cause first         %5.1f %% (%d of %d with its sensors), as likely %.1f %%\n",
		portion(t.first, t.sensed), t.first, t.sensed, portion(t.sure, t.sensed))
	fmt.Fprintf(&b, "unknown without sensors  %5.1f %% (%d of %d), right all the same %d",
		portion(t.unknown, t.blind), t.unknown, t.blind, t.guessed)
	return b.String()
}

// complaints are the limits that are not held.
func (t *tally) complaints() []string {
	var list []string
	for _, x := range []struct {
		what      string
		is, least float64
	}{
		{"likely is right in", portion(t.likelyRight, t.likely), 95},
		{"the true cause is first in", portion(t.first, t.sensed), 90},
		{"the true cause is likely in", portion(t.sure, t.sensed), 50},
		{"unknown or right without sensors are", portion(t.unknown+t.guessed, t.blind), 90},
	} {
		if x.is < x.least {
			list = append(list, fmt.Sprintf("%s %.1f %%, want at least %.0f", x.what, x.is, x.least))
		}
	}
	return list
}

// details tells of the runs that went wrong.
func (t *tally) details() string {
	var b strings.Builder
	for _, o := range t.wrong {
		v := &o.verdict
		fmt.Fprintf(&b, "%d %s (%d replicas, without %+v): said %v %v\n", o.seed&0xffff, o.name, o.replicas, o.blind, v.Cause, v.Confidence)
		for _, x := range []struct {
			name string
			list []cluster.Text
		}{{"for", v.For}, {"against", v.Against}} {
			for _, w := range x.list {
				fmt.Fprintf(&b, "    %-8s %s\n", x.name, w)
			}
		}
	}
	return b.String()
}
