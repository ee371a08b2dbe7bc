package runbook

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// brief returns a number in two or three digits.
func brief(v float64) string {
	if math.Abs(v) >= 9.95 {
		return strconv.FormatFloat(math.Round(v), 'f', -1, 64)
	}
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

// percent returns a share, already in percent.
func percent(v float64) string { return brief(v) + " %" }

// bytesPerSecond returns a rate in the decimal units of networks.
func bytesPerSecond(v float64) string {
	switch {
	case v >= 1e6:
		return brief(v/1e6) + " MB/s"
	case v >= 1e3:
		return brief(v/1e3) + " kB/s"
	}
	return brief(v) + " B/s"
}

// figure returns a figure by a format of its number, or a question mark.
func figure(f cluster.Figure, words func(float64) string) string {
	if v, ok := f.Value(); ok {
		return words(v)
	}
	return "?"
}

// was returns what is normal, in parentheses after a level.
func (v level) was(words func(float64) string) string {
	switch {
	case !v.norm.known:
		return ""
	case v.norm.peers:
		return " (peers " + words(v.norm.mid) + ")"
	case v.norm.recorded:
		return " (recorded " + words(v.norm.mid) + ")"
	}
	return " (was " + words(v.norm.mid) + ")"
}

// when returns since when a level is abnormal and how that stands to the lag.
func (d *diagnosis) when(v level) string {
	if v.order == orderPast {
		return ", from " + d.clock(v.since) + " to " + d.clock(v.until)
	}
	return d.sinceWords(v.since)
}

// sinceWords says since when, and how long before or after the lag that is.
func (d *diagnosis) sinceWords(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	words := ", since " + d.clock(t)
	if d.onset.IsZero() {
		return words
	}
	switch by := d.onset.Sub(t); {
	case by >= momentEvery:
		return words + ", " + spoken(by) + " before the lag"
	case by <= -momentEvery:
		return words + ", " + spoken(-by) + " after the lag"
	}
	return words + ", with the lag"
}

func (d *diagnosis) clock(t time.Time) string { return clock(t.In(d.s.At.Location())) }

// diskWords names a device and its state as iostat would.
func diskWords(k *cluster.DiskUsage) string {
	var b strings.Builder
	b.WriteString(k.Name.String())
	if k.WAL {
		b.WriteString(" (WAL)")
	}
	if u, ok := k.Util.Value(); ok {
		fmt.Fprintf(&b, " %.0f %%util", math.Min(u, 100))
	}
	return b.String()
}

// perSecond returns a rate of assertions.
func perSecond(v float64) string { return brief(v) + "/s" }

// milliseconds returns a time in ms.
func milliseconds(v float64) string { return briefTime(v) + " ms" }

// briefTime returns milliseconds without their unit: what takes any is not 0.
func briefTime(v float64) string {
	if v >= 0 && v < 0.05 {
		return "<0.1"
	}
	return brief(v)
}

// names lists at most three nodes.
func names(list []*cluster.Replica) string {
	var words []string
	for i, r := range list {
		if i == 3 {
			words = append(words, strconv.Itoa(len(list)-3)+" more")
			break
		}
		words = append(words, r.Name.String())
	}
	return strings.Join(words, ", ")
}
