package metrics

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"pgregory.net/rapid"

	"github.com/stemedb/stemetop/sources/cluster"
)

// propertyNames are wanted; one needs quotes.
func propertyNames() Names {
	n := Defaults()
	n.SyncProgress = "steme.progress \"é\"\\\n"
	return n
}

// filtered returns the series that the filter lets through, by wanted name.
func filtered(text string) (map[string][]string, error) {
	f := newFilter(propertyNames(), false)
	f.asked = 1<<cluster.NumFamilies - 1
	s := newScratch()
	defer s.free()
	if err := s.scan(strings.NewReader(text), &f); err != nil {
		return nil, err
	}
	families, err := s.parse()
	return series(families), err
}

// unfiltered returns the same by expfmt alone.
func unfiltered(text string) (map[string][]string, error) {
	p := expfmt.NewTextParser(model.UTF8Validation)
	families, err := p.TextToMetricFamilies(strings.NewReader(text))
	return series(families), err
}

// series lists the wanted series of families, sums and counts of histograms and
// summaries apart.
func series(families map[string]*dto.MetricFamily) map[string][]string {
	out := make(map[string][]string)
	add := func(name string, m *dto.Metric, v float64) {
		for _, w := range propertyNames().wants() {
			if w.name == name {
				out[name] = append(out[name], fmt.Sprint(canonical(m.GetLabel()), math.Float64bits(v)))
			}
		}
	}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			switch {
			case m.Histogram != nil:
				add(name+"_sum", m, m.Histogram.GetSampleSum())
				add(name+"_count", m, float64(m.Histogram.GetSampleCount()))
			case m.Summary != nil:
				add(name+"_sum", m, m.Summary.GetSampleSum())
				add(name+"_count", m, float64(m.Summary.GetSampleCount()))
			case m.Counter != nil:
				add(name, m, m.Counter.GetValue())
			case m.Gauge != nil:
				add(name, m, m.Gauge.GetValue())
			default:
				add(name, m, m.GetUntyped().GetValue())
			}
		}
	}
	for _, s := range out {
		slices.Sort(s)
	}
	return out
}

// expositions generates valid ones in all the freedom that the format leaves.
type expositions struct{ t *rapid.T }

func (g expositions) blank() string {
	return rapid.SampledFrom([]string{" ", "\t", "  ", " \t "}).Draw(g.t, "blank")
}

func (g expositions) gap() string {
	return rapid.SampledFrom([]string{"", "", " ", "\t"}).Draw(g.t, "gap")
}

func (g expositions) value() string {
	special := []string{"NaN", "+Inf", "-Inf", "nan", "INFINITY", "1.", ".5", "-0", "1e-9", "12.5E+3", "007"}
	if rapid.Bool().Draw(g.t, "special") {
		return rapid.SampledFrom(special).Draw(g.t, "value")
	}
	return fmt.Sprint(rapid.Float64().Draw(g.t, "value"))
}

func (g expositions) labels(extra ...string) []string {
	label := rapid.Custom(func(t *rapid.T) string {
		name := rapid.SampledFrom([]string{"replica", "peer", "shard", `"é \" }"`, "a1_"}).Draw(t, "label")
		value := rapid.StringOf(rapid.SampledFrom([]rune("ab09 \t{}\",=\\\n#é.\u202e"))).Draw(t, "value")
		return name + g.gap() + "=" + g.gap() + `"` + nameEscapes.Replace(value) + `"` + g.gap()
	})
	ls := rapid.SliceOfNDistinct(label, 0, 3, func(l string) string {
		name, _, _ := strings.Cut(l, "=")
		return strings.TrimSpace(name)
	}).Draw(g.t, "labels")
	return append(ls, extra...)
}

// line writes one series.
func (g expositions) line(name, value string, labels []string) string {
	if rapid.IntRange(0, 4).Draw(g.t, "stamp") == 0 {
		value += g.blank() + "1395066363000"
	}
	quoted := string(quoteName(name))
	plain := nameLength([]byte(name)) == len(name)
	braces := strings.Join(labels, ","+g.gap())
	if len(labels) > 0 && rapid.Bool().Draw(g.t, "comma") {
		braces += ","
	}
	switch {
	case !plain || rapid.IntRange(0, 4).Draw(g.t, "quote") == 0:
		if braces != "" {
			braces = "," + braces
		}
		return g.gap() + "{" + g.gap() + quoted + g.gap() + braces + "}" + g.blank() + value + "\n"
	case braces == "":
		return g.gap() + name + g.blank() + value + "\n"
	}
	return g.gap() + name + g.gap() + "{" + braces + "}" + g.gap() + value + "\n"
}

// family writes comments and series of one family.
func (g expositions) family(name string) string {
	kinds := []string{"", "counter", "gauge", "untyped"}
	if n := propertyNames(); name == n.SyncDuration {
		kinds = []string{"histogram", "summary"}
	} else if !slices.ContainsFunc(n.wants(), func(w want) bool { return w.name == name }) {
		kinds = append(kinds, "histogram", "summary")
	}
	kind := rapid.SampledFrom(kinds).Draw(g.t, "type")
	var b strings.Builder
	shown := name
	if nameLength([]byte(name)) != len(name) {
		shown = string(quoteName(name))
	}
	if rapid.Bool().Draw(g.t, "help") {
		help := rapid.SampledFrom([]string{"Text.", `a \\ b\nc {d="e"} 5`, "\t0-1"}).Draw(g.t, "text")
		b.WriteString("#" + g.gap() + "HELP" + g.blank() + shown + g.blank() + help + "\n")
	}
	if kind != "" {
		b.WriteString("#" + g.blank() + "TYPE" + g.blank() + shown + g.blank() + kind + "\n")
	}
	for i := range rapid.IntRange(0, 4).Draw(g.t, "series") {
		g.metric(&b, name, kind, i)
		b.WriteString(rapid.SampledFrom([]string{"", "", "\n", " \t\n", "#\n", "# a comment 5 {\n", "# EOF\n"}).Draw(g.t, "between"))
	}
	return b.String()
}

// metric writes one metric; its number makes its labels different from others',
// since expfmt makes one histogram of all with equal labels.
func (g expositions) metric(b *strings.Builder, name, kind string, number int) {
	labels := g.labels(fmt.Sprintf("number=%q", fmt.Sprint(number)))
	count := fmt.Sprint(rapid.IntRange(0, 1e6).Draw(g.t, "count"))
	switch kind {
	case "histogram":
		b.WriteString(g.line(name+"_bucket", count, append(labels, `le="+Inf"`)))
		b.WriteString(g.line(name+"_sum", g.value(), labels))
		b.WriteString(g.line(name+"_count", count, labels))
	case "summary":
		b.WriteString(g.line(name, g.value(), append(labels, `quantile="0.5"`)))
		b.WriteString(g.line(name+"_sum", g.value(), labels))
		b.WriteString(g.line(name+"_count", count, labels))
	default:
		b.WriteString(g.line(name, g.value(), labels))
	}
}

// Whatever a valid exposition says of the wanted families, the filter with
// expfmt says the same as expfmt alone.
func TestFilterAgreesWithExpfmt(t *testing.T) {
	n := propertyNames()
	names := []string{
		n.Lag, n.Assertions, n.SyncProgress, n.SyncErrors, n.SyncDuration, n.SentBytes,
		"go_goroutines", n.Lag + "_x", "stemedb", "other.name", "replica", "A:b",
	}
	rapid.Check(t, func(t *rapid.T) {
		g := expositions{t}
		var b strings.Builder
		for _, name := range rapid.Permutation(names).Draw(t, "order") {
			b.WriteString(g.family(name))
		}
		text := b.String()
		if text == "" {
			return
		}
		want, err := unfiltered(text)
		if err != nil {
			t.Fatalf("the generator is wrong: %v\n%s", err, text)
		}
		got, err := filtered(text)
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Fatalf("%v %s\n%s", err, d, text)
		}
	})
}

// The filter looks at twenty thousand lines a scrape.
func TestFilterAllocatesNothing(t *testing.T) {
	for _, openMetrics := range []bool{false, true} {
		f := newFilter(propertyNames(), openMetrics)
		f.asked = 1<<cluster.NumFamilies - 1
		lines := slices.Collect(strings.Lines(good + openGood + exposition(40)))
		bytes := make([][]byte, len(lines))
		for i, l := range lines {
			bytes[i] = []byte(strings.TrimSuffix(l, "\n"))
		}
		n := testing.AllocsPerRun(10, func() {
			for _, l := range bytes {
				f.judge(l)
			}
		})
		if n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}

// Cut anywhere, the samples are those of the complete lines before the cut, but
// for totals, of which a part may be missing.
func TestCutKeepsCompleteLines(t *testing.T) {
	for cut := range len(good) {
		whole := good[:strings.LastIndexByte(good[:cut], '\n')+1]
		got, _, err := parseAll(good[:cut], false)
		want, _, _ := parseAll(whole, false)
		if err != nil {
			want = slices.DeleteFunc(want, func(s cluster.Sample) bool { return s.Family == cluster.FamilySentBytes })
		}
		if d := cmp.Diff(want, got, cmp.Comparer(sameFloat)); d != "" {
			t.Fatalf("cut at %d: %s", cut, d)
		}
		if (err == nil) != (cut > 0 && strings.Trim(good[len(whole):cut], " \t") == "") {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
}

// FuzzFilter: what expfmt takes, the filter takes and agrees; nothing panics.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{
		good, openGood, "", "{\"a\",b=\"c\"} 1\n", "a{b=\"c\\\"}\"} NaN 5\n", "# HELP a\n", "#\n", "a 1", "\"a\" 1\n",
		"stemedb_replication_lag_seconds{replica=\"\xff\"} 1\n", "<html>\n", "stemedb_replication_lag_seconds 0x1p-2\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, _, _ = parseAll(text, true)
		got, err := filtered(text)
		want, refErr := unfiltered(text)
		if refErr != nil || len(text) > maxLine || strings.TrimLeft(text, " \t") == "" || looserThanFormat(text) {
			return
		}
		if err != nil {
			t.Fatalf("%v, and expfmt takes it: %q", err, text)
		}
		// TYPE tells expfmt to take a sum for a part of a histogram, whatever its shape.
		if d := cmp.Diff(want, got); d != "" && !strings.Contains(text, "TYPE") {
			t.Fatalf("%s\n%q", d, text)
		}
	})
}

// looserThanFormat tells whether a name does not end in a blank or a brace:
// expfmt reads a"b" as ab and a-1 as a of value -1, which no format allows. Names
// in quotes are left to the property test.
func looserThanFormat(text string) bool {
	for line := range strings.Lines(text) {
		b := trimBlanks([]byte(line))
		if len(b) == 0 || b[0] == '#' || b[0] == '\n' {
			continue
		}
		if n := nameLength(b); n == 0 || n == len(b) || (b[n] != '{' && !isBlank(b[n])) {
			return true
		}
	}
	return false
}

// FuzzOpenMetrics: what is kept of any line is a line that expfmt can be given,
// with the value and the labels untouched.
func FuzzOpenMetrics(f *testing.F) {
	for line := range strings.Lines(openGood) {
		f.Add(strings.TrimSuffix(line, "\n"))
	}
	f.Fuzz(func(t *testing.T, line string) {
		filter := newFilter(Defaults(), true)
		filter.asked = 1<<cluster.NumFamilies - 1
		if strings.Contains(line, "\n") || filter.judge([]byte(line)) != lineSample {
			return
		}
		kept, ok := appendPlain(nil, []byte(line))
		if ok && (strings.Count(string(kept), "\n") != 1 || len(kept) > len(line)+2) {
			t.Fatalf("%q became %q", line, kept)
		}
	})
}
