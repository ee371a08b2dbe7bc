package metrics

import (
	"regexp"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// How people write the range of a gauge: "0-1", "0 to 1", "0.0..1.0", "between 0 and 100".
var (
	sayRatio   = regexp.MustCompile(`(?i)\b(ratio|fraction)\b|\b0(\.0+)?\s*(-|–|to|and|,|\.\.+)\s*1(\.0+)?\b`)
	sayPercent = regexp.MustCompile(`(?i)\bpercent|%|\b0(\.0+)?\s*(-|–|to|and|,|\.\.+)\s*100\b`)
)

// unitOf returns the unit that a progress gauge declares: by UNIT or the
// suffix of its name, else by its HELP if that speaks of one unit only.
func unitOf(name, unit, help string) cluster.ProgressUnit {
	switch {
	case unit == "ratio" || strings.HasSuffix(name, "_ratio"):
		return cluster.ProgressRatio
	case unit == "percent" || strings.HasSuffix(name, "_percent"):
		return cluster.ProgressPercent
	}
	switch ratio, percent := sayRatio.MatchString(help), sayPercent.MatchString(help); {
	case ratio && !percent:
		return cluster.ProgressRatio
	case percent && !ratio:
		return cluster.ProgressPercent
	}
	return cluster.ProgressAuto
}

// unitMemo remembers the unit of the last texts, which hardly ever change.
type unitMemo struct {
	help, unit string
	is         cluster.ProgressUnit
	known      bool
}

func (m *unitMemo) get(name string, unit, help []byte) cluster.ProgressUnit {
	if !m.known || m.help != string(help) || m.unit != string(unit) {
		*m = unitMemo{help: string(help), unit: string(unit), known: true}
		m.is = unitOf(name, m.unit, m.help)
	}
	return m.is
}
