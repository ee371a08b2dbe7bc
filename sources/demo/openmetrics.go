package demo

import (
	"strconv"
	"strings"
)

// encoder appends an exposition to b: text 0.0.4, or OpenMetrics 1.0.0 where
// openMetrics is set. They differ in the name of a counter's family, in
// "unknown" for "untyped", and in the mark at the end.
type encoder struct {
	b           []byte
	openMetrics bool
}

// The types of families.
const (
	counter   = "counter"
	gauge     = "gauge"
	histogram = "histogram"
	summary   = "summary"
)

// family begins a family. help must need no escaping.
func (e *encoder) family(name, kind, help string) {
	if e.openMetrics && kind == counter {
		name = strings.TrimSuffix(name, "_total")
	}
	e.b = append(e.b, "# HELP "...)
	e.b = append(e.b, name...)
	e.b = append(e.b, ' ')
	e.b = append(e.b, help...)
	e.b = append(e.b, "\n# TYPE "...)
	e.b = append(e.b, name...)
	e.b = append(e.b, ' ')
	e.b = append(e.b, kind...)
	e.b = append(e.b, '\n')
}

// name appends a sample's name and its label pairs (name, value, name, value;
// values must need no escaping), up to the blank before the value.
func (e *encoder) name(name string, labels ...string) {
	e.b = append(e.b, name...)
	for i := 0; i < len(labels); i += 2 {
		sep := byte(',')
		if i == 0 {
			sep = '{'
		}
		e.b = append(e.b, sep)
		e.b = append(e.b, labels[i]...)
		e.b = append(e.b, '=', '"')
		e.b = append(e.b, labels[i+1]...)
		e.b = append(e.b, '"')
	}
	if len(labels) > 0 {
		e.b = append(e.b, '}')
	}
	e.b = append(e.b, ' ')
}

// count appends a sample with an integer value.
func (e *encoder) count(v uint64, name string, labels ...string) {
	e.name(name, labels...)
	e.b = strconv.AppendUint(e.b, v, 10)
	e.b = append(e.b, '\n')
}

// float appends a sample with as many decimals as given; negative for as many
// as it takes.
func (e *encoder) float(v float64, decimals int, name string, labels ...string) {
	e.name(name, labels...)
	e.b = strconv.AppendFloat(e.b, v, 'f', decimals, 64)
	e.b = append(e.b, '\n')
}

// buckets appends the series of a histogram whose counts are not cumulative and
// whose last one is +Inf.
func (e *encoder) buckets(bounds []float64, counts []uint64, sum float64, name string, labels ...string) {
	labels = append(labels, "le", "+Inf")
	var cum uint64
	for i, n := range counts {
		cum += n
		if i < len(bounds) {
			labels[len(labels)-1] = e.bound(bounds[i])
		} else {
			labels[len(labels)-1] = "+Inf"
		}
		e.count(cum, name+"_bucket", labels...)
	}
	labels = labels[:len(labels)-2]
	e.float(sum, -1, name+"_sum", labels...)
	e.count(cum, name+"_count", labels...)
}

// bound writes a bucket's limit: OpenMetrics wants a decimal point.
func (e *encoder) bound(v float64) string {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if e.openMetrics && !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// end closes the exposition.
func (e *encoder) end() {
	if e.openMetrics {
		e.b = append(e.b, "# EOF\n"...)
	}
}
