package metrics

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web"
)

// maxReplica is the longest value of the replica label that is taken, in bytes.
const maxReplica = 256

// row is one series on the way to a sample.
type row struct {
	family  cluster.Family
	replica cluster.NodeID
	others  string // the other labels, in one canonical form
	value   float64
}

func (r row) compare(o row) int {
	return cmp.Or(cmp.Compare(r.family, o.family), cmp.Compare(r.replica, o.replica), strings.Compare(r.others, o.others))
}

func (r row) about() string {
	if r.replica == "" {
		return "the node itself"
	}
	return "replica " + r.replica.Text().String()
}

// take reads an exposition. broke is what ended it before its time, err what is
// wrong with single series; the samples are right in spite of both.
func (s *scratch) take(in io.Reader, f *filter, label string) (taken folded, broke, err error) {
	broke = s.scan(in, f)
	families, malformed := s.parse()
	broke = cmp.Or(broke, malformed)
	err = s.read(families, f, label)
	if broke != nil {
		// More parts of a total may have been to come, and a part of it would
		// pass for a counter that was reset, as one of several starts for a restart.
		s.rows = slices.DeleteFunc(s.rows, func(r row) bool {
			return r.others != "" && (isCounter(r.family) || r.family == cluster.FamilyStartTime)
		})
	}
	taken, wrong := fold(s.rows, f)
	return taken, broke, cmp.Or(err, wrong)
}

// read turns families into rows, sorted, and returns the first fault.
func (s *scratch) read(families map[string]*dto.MetricFamily, f *filter, label string) error {
	var first error
	for i := range f.wants {
		w := &f.wants[i]
		for _, m := range families[w.name].GetMetric() {
			r, err := newRow(w, m, label)
			if err == nil {
				err = f.aged(m, r)
			}
			if err != nil {
				if w.family != cluster.FamilyStartTime { // is of help, and no more
					first = cmp.Or(first, err)
				}
				continue
			}
			s.rows = append(s.rows, r)
		}
	}
	slices.SortFunc(s.rows, row.compare)
	return first
}

// parse hands the kept lines to expfmt. At an error it is given the lines
// before again, since the broken one may have left half a series.
func (s *scratch) parse() (map[string]*dto.MetricFamily, error) {
	s.src.Reset(s.kept)
	families, err := s.parser.TextToMetricFamilies(&s.src)
	if err == nil {
		return families, nil
	}
	fault := web.NewFault(cluster.FailFormat, "a series is malformed", "")
	var at expfmt.ParseError
	if !errors.As(err, &at) {
		return nil, fault
	}
	_ = fault.With(at.Msg)
	s.src.Reset(s.kept[:offsetOfLine(s.kept, at.Line)])
	families, err = s.parser.TextToMetricFamilies(&s.src)
	if err != nil {
		return nil, fault
	}
	return families, fault
}

// offsetOfLine returns where line n begins, counted from 1.
func offsetOfLine(b []byte, n int) int {
	off := 0
	for range n - 1 {
		off += slices.Index(b[off:], '\n') + 1
	}
	return off
}

func newRow(w *want, m *dto.Metric, label string) (row, error) {
	r := row{family: w.family, value: m.GetUntyped().GetValue()}
	labels := m.GetLabel()
	for i, l := range labels {
		if l.GetName() == label {
			r.replica = cluster.NodeID(l.GetValue())
			labels = slices.Delete(labels, i, i+1)
			break
		}
	}
	r.others = canonical(labels)
	if len(r.replica) > maxReplica {
		return r, web.NewFault(cluster.FailFormat, fmt.Sprintf("a value of label %s is longer than %d bytes", label, maxReplica), "that series is left out")
	}
	if w.family == cluster.FamilyLag && r.replica == "" {
		return r, web.NewFault(cluster.FailFormat, fmt.Sprintf("a series of %s has no label %s", w.name, label), labelHint(labels))
	}
	return r, nil
}

// aged is the fault of a gauge that was exposed with a timestamp of long ago, as
// caches and federation do: nobody read it now.
func (f *filter) aged(m *dto.Metric, r row) error {
	if m.TimestampMs == nil || f.oldest.IsZero() || isCounter(r.family) {
		return nil
	}
	if at := time.UnixMilli(m.GetTimestampMs()); at.Before(f.oldest) {
		return web.NewFault(cluster.FailFormat, fmt.Sprintf("%s about %s is of %s by its own timestamp", f.name(r.family), r.about(), at.UTC().Format(time.RFC3339)),
			"what is read is a cache: give the address of the node itself, or see to its clock")
	}
	return nil
}

// labelHint says which labels could name the replica.
func labelHint(labels []*dto.LabelPair) string {
	if len(labels) == 0 {
		return "is this a replica's own gauge, and not the primary's?"
	}
	names := make([]string, 0, len(labels))
	for _, l := range labels {
		names = append(names, l.GetName())
	}
	return "set metrics.replica_label to the label that names the replica; there is: " + strings.Join(names, ", ")
}

// canonical returns a form of labels that is equal exactly for equal sets.
func canonical(labels []*dto.LabelPair) string {
	if len(labels) == 0 {
		return ""
	}
	slices.SortFunc(labels, func(a, b *dto.LabelPair) int { return strings.Compare(a.GetName(), b.GetName()) })
	var b []byte
	for _, l := range labels {
		b = strconv.AppendQuote(b, l.GetName())
		b = append(strconv.AppendQuote(append(b, '='), l.GetValue()), ',')
	}
	return string(b)
}

// folded is what rows are for a reader.
type folded struct {
	samples []cluster.Sample
	twice   []cluster.NodeID // replicas whose lag is left out for being ambiguous
}

// fold makes one sample of all rows of a family about the same replica, and
// returns the first fault.
//
// A counter's series that differ in other labels (a shard, a peer) are added
// up, per replica if they carry the replica label, else for the whole node. A
// gauge's can't be: more than one about the same replica is a fault, as two
// series with equal labels are for both, and neither is taken. Of the start times of
// several processes the earliest is that of the service.
func fold(rows []row, f *filter) (folded, error) {
	var first error
	out := folded{samples: make([]cluster.Sample, 0, len(rows))}
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].family == rows[0].family && rows[n].replica == rows[0].replica {
			n++
		}
		sample, ok := foldGroup(rows[:n])
		if ok {
			out.samples = append(out.samples, sample)
		} else if sample.Family == cluster.FamilyLag {
			out.twice = append(out.twice, sample.Replica)
		}
		if !ok && first == nil {
			first = web.NewFault(cluster.FailDuplicate, fmt.Sprintf("duplicate series of %s about %s", f.name(rows[0].family), rows[0].about()), "they are left out")
		}
		rows = rows[n:]
	}
	return out, first
}

func foldGroup(group []row) (cluster.Sample, bool) {
	s := cluster.Sample{Family: group[0].family, Replica: group[0].replica, Value: group[0].value}
	for i := 1; i < len(group); i++ {
		if s.Family == cluster.FamilyStartTime {
			s.Value = min(s.Value, group[i].value)
			continue
		}
		if !isCounter(s.Family) || group[i].others == group[i-1].others {
			return s, false
		}
		s.Value += group[i].value
	}
	return s, true
}
