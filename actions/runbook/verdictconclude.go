package runbook

import (
	"slices"

	"github.com/stemedb/stemetop/sources/cluster"
)

// mostLines bounds each list of a verdict.
const mostLines = 8

// verdict puts the best cause into words.
func (d *diagnosis) verdict() cluster.Verdict {
	v := cluster.Verdict{Replica: d.r.ID}
	if d.recorded {
		d.notes = append(d.notes, d.all.p.recordedWords())
	}
	list := d.weigh()
	if len(list) == 0 {
		v.For = texts(d.grounds(cluster.CauseUnknown))
		v.Against = texts(d.traces())
	} else {
		v.Cause, v.Confidence = list[0].cause, cluster.ConfidencePossible
		if list[0].likely() && !d.rivalled(list) {
			v.Confidence = cluster.ConfidenceLikely
		}
		v.For = texts(d.grounds(v.Cause))
		v.Against = texts(d.doubts(v.Cause, list[1:]))
	}
	v.Missing = texts(d.missing)
	d.advise(&v)
	return v
}

// rivalled tells whether the second cause is as likely as the first and as old:
// then which it is can't be told.
func (d *diagnosis) rivalled(list []weight) bool {
	if len(list) < 2 || !list[1].likely() || d.decides(list[0]) {
		return false
	}
	return list[1].fits >= list[0].fits && earlier(list[0], list[1]) >= 0
}

// grounds returns what speaks for a cause: its findings, what is over or late
// last, then what was measured as normal, then what explains itself otherwise.
func (d *diagnosis) grounds(c cluster.Cause) []string {
	var list []finding
	for _, f := range d.findings {
		if f.cause == c && f.order != orderLate {
			list = append(list, f)
		}
	}
	slices.SortStableFunc(list, func(a, b finding) int { return btoi(a.weak) - btoi(b.weak) })
	var words []string
	for _, f := range list {
		words = append(words, f.text)
	}
	if len(d.normal) > 0 {
		line := "normal: " + d.normal[0]
		for _, w := range d.normal[1:] {
			line += ", " + w
		}
		words = append(words, line)
	}
	return append(words, d.notes...)
}

// traces returns what was seen and proves nothing.
func (d *diagnosis) traces() []string {
	var words []string
	for _, f := range d.findings {
		if f.order == orderLate {
			words = append(words, f.cause.String()+": "+f.text)
		} else {
			words = append(words, "alone proves nothing: "+f.text)
		}
	}
	for c := cluster.CauseDisk; int(c) < numCauses; c++ {
		words = append(words, d.against[c]...)
	}
	return words
}

// doubts returns what speaks against a cause: what contradicts it, its findings
// that came late, by a tool that found nothing in time, and what else is abnormal.
func (d *diagnosis) doubts(c cluster.Cause, others []weight) []string {
	words := slices.Clone(d.against[c])
	inOrder := map[string]bool{}
	for _, f := range d.findings {
		inOrder[f.tool] = inOrder[f.tool] || f.cause == c && f.order == orderFits
	}
	for _, f := range d.findings {
		if f.cause == c && f.order == orderLate && !inOrder[f.tool] {
			words = append(words, f.text)
		}
	}
	for _, w := range others {
		told := map[string]bool{} // once for each tool
		for _, f := range d.findings {
			if f.cause == w.cause && !f.weak && !told[f.tool] {
				told[f.tool] = true
				words = append(words, w.cause.String()+": "+f.text)
			}
		}
	}
	words = append(words, d.weakest(c, others)...)
	if d.onset.IsZero() && c != cluster.CauseMeasurement {
		words = append(words, "the lag began before we looked")
	}
	return words
}

// weakest returns what was seen of causes for which nothing else speaks, and proves
// nothing alone.
func (d *diagnosis) weakest(c cluster.Cause, others []weight) (words []string) {
	told := map[cluster.Cause]bool{c: true}
	for _, w := range others {
		told[w.cause] = true
	}
	for _, f := range d.findings {
		if !told[f.cause] && f.weak && f.order != orderLate && f.order != orderPast {
			told[f.cause] = true
			words = append(words, "alone proves nothing: "+f.text)
		}
	}
	return words
}

func texts(words []string) []cluster.Text {
	list := make([]cluster.Text, 0, min(len(words), mostLines))
	for _, w := range words[:min(len(words), mostLines)] {
		list = append(list, cluster.Clean(w))
	}
	return list
}
