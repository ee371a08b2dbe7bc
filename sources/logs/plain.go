package logs

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// parsePlain reads a line of text: the time and the level that it begins with in
// one of the usual ways, or that it names as JSON, logfmt and glog do. zone is the
// host's, for times without one; now is the time of a line that tells none. What was
// read at the beginning is taken off the text.
func parsePlain(raw string, zone *time.Location, now time.Time) cluster.LogLine {
	l := cluster.LogLine{At: now, Arrived: true, Level: cluster.LevelInfo}
	text := strings.TrimRight(raw, " \t\r\n")
	if at, rest, ok := cutTime(text, zone, now); ok {
		l.At, l.Arrived = at.UTC(), false
		if text = rest; syslog.MatchString(text) {
			m := syslog.FindStringSubmatch(text)
			l.Ident, text = cluster.CleanN(m[1], maxIdent), text[len(m[0]):]
		}
	} else if at, ok := namedTime(text, zone, now); ok {
		l.At, l.Arrived = at.UTC(), false
	}
	l.Level, text = levelOf(text)
	l.Text = cluster.Clean(text)
	return l
}

// syslog is what stands behind the time in a syslog file: host, program, pid.
var syslog = regexp.MustCompile(`^[\w.-]+ ([\w./@-]+)(?:\[\d+\])?: `)

// stamp is a way to write the time at the beginning of a line.
type stamp struct {
	form   *regexp.Regexp // its first group is the time
	layout string         // of package time, with a point before fractions; else
	unit   time.Duration  // of a number since 1970
}

var stamps = []stamp{
	{form: regexp.MustCompile(`^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})? ?(?:Z|UTC|[+-]\d\d:?\d\d)?)\b\]?[ \t:|-]*`)},
	{form: regexp.MustCompile(`^\[?(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})?)\]?[ \t:|]*`), layout: "2006/01/02 15:04:05"},
	{form: regexp.MustCompile(`^((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})?)[ \t:]+`), layout: "Jan _2 15:04:05"},
	{form: regexp.MustCompile(`^\[?(\d{10}(?:\.\d{1,9})?)\]?[ \t:|]+`), unit: time.Second},
	{form: regexp.MustCompile(`^\[?(\d{13})\]?[ \t:|]+`), unit: time.Millisecond},
}

// ahead is how far after now a time may be before it is taken for something else.
const ahead = 48 * time.Hour

func plausible(at, now time.Time) bool { return at.Year() >= 1990 && at.Before(now.Add(ahead)) }

// cutTime returns the time that text begins with, and what comes behind it.
func cutTime(text string, zone *time.Location, now time.Time) (at time.Time, rest string, ok bool) {
	for i := range stamps {
		m := stamps[i].form.FindStringSubmatch(text[:min(len(text), 64)])
		if m == nil {
			continue
		}
		at, ok = stamps[i].parse(m[1], zone, now)
		if ok && plausible(at, now) {
			return at, text[len(m[0]):], true
		}
	}
	return at, text, false
}

func (s *stamp) parse(word string, zone *time.Location, now time.Time) (time.Time, bool) {
	switch {
	case s.unit != 0:
		whole, fraction, _ := strings.Cut(word, ".")
		n, err := strconv.ParseInt(whole, 10, 64)
		ns, _ := strconv.ParseInt((fraction + "000000000")[:9], 10, 64) // digits, by the form
		return time.Unix(0, n*int64(s.unit)).Add(time.Duration(ns)), err == nil
	case s.layout != "":
		at, err := time.ParseInLocation(s.layout, word, zone)
		if err == nil && at.Year() == 0 { // the year is this one, or at New Year the last
			at = at.AddDate(now.In(zone).Year(), 0, 0)
			if at.After(now.Add(ahead)) {
				at = at.AddDate(-1, 0, 0)
			}
		}
		return at, err == nil
	}
	return parseISO(word, zone)
}

var (
	// glogTime has no year.
	glogTime = regexp.MustCompile(`^[IWEF](\d{4} \d\d:\d\d:\d\d(?:\.\d{1,9})?)`)
	// named is the time of JSON, of which the end may be cut off, or of logfmt.
	named = regexp.MustCompile(`(?:[{,] ?"@?(?:timestamp|time|ts|asctime|datetime)" ?: ?|(?:^|[ \t])(?:timestamp|time|ts)=)"?([\dT:., /Z+-]{10,40})`)
)

// namedTime returns the time that a line of JSON, logfmt or glog tells.
func namedTime(text string, zone *time.Location, now time.Time) (at time.Time, ok bool) {
	if m := glogTime.FindStringSubmatch(text); m != nil {
		at, ok = (&stamp{layout: "0102 15:04:05"}).parse(m[1], zone, now)
		return at, ok && plausible(at, now)
	}
	if m := named.FindStringSubmatch(text); m != nil {
		return timeOf(strings.TrimRight(m[1], ", "), zone, now)
	}
	return at, false
}

// timeOf reads a value that is a time: a date and time of day, or a count of
// seconds, or of thousandths, millionths or billionths, since 1970.
func timeOf(value string, zone *time.Location, now time.Time) (at time.Time, ok bool) {
	if n, err := strconv.ParseFloat(value, 64); err == nil {
		for n >= 1e11 {
			n /= 1000
		}
		if n < 1e9 { // before 2001: a count of something else
			return at, false
		}
		at = time.UnixMicro(int64(n * 1e6))
		return at, plausible(at, now)
	}
	at, rest, ok := cutTime(value+" ", zone, now)
	return at, ok && rest == ""
}

// parseISO reads a date and a time of day with or without a zone.
func parseISO(word string, zone *time.Location) (time.Time, bool) {
	word = strings.Replace(word, ",", ".", 1)
	word = word[:10] + "T" + strings.TrimSpace(word[11:])
	if z, ok := strings.CutSuffix(word, "UTC"); ok {
		word = strings.TrimSpace(z) + "Z"
	}
	for _, layout := range [...]string{
		time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05 Z07:00", "2006-01-02T15:04:05 Z0700",
	} {
		if at, err := time.Parse(layout, word); err == nil {
			return at, true
		}
	}
	at, err := time.ParseInLocation("2006-01-02T15:04:05", word, zone)
	return at, err == nil
}
