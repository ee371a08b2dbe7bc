package panes

import (
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/stemedb/stemetop/sources/cluster"
)

// unknown stands where a number is not known. It is never 0.
const unknown = "?"

// Lag formats a lag in seconds: "0.2 s", "41.3 s", "4m 12s", "3h 05m", "2d 04h".
func Lag(f cluster.Figure) string {
	v, ok := f.Value()
	if !ok {
		return unknown
	}
	if math.Abs(v) < 99.95 {
		return fixed(v, 1) + " s"
	}
	return long(v)
}

// Age formats how old something is, in whole seconds, which is calm to look at:
// "<1 s", "34 s", "4m 12s".
func Age(d time.Duration) string {
	switch {
	case d < time.Second:
		return "<1 s"
	case d < 100*time.Second:
		return strconv.Itoa(int(d/time.Second)) + " s"
	}
	return long(d.Truncate(time.Second).Seconds())
}

// Span formats a length of time that was set, not measured: "10 s", "60 s",
// "10 min", "24 h".
func Span(d time.Duration) string {
	switch {
	case d <= 0:
		return unknown
	case d < 100*time.Second && d%time.Second == 0:
		return strconv.Itoa(int(d/time.Second)) + " s"
	case d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + " h"
	case d%time.Minute == 0:
		return strconv.Itoa(int(d/time.Minute)) + " min"
	case d < 100*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'g', 3, 64) + " s"
	}
	return long(d.Seconds())
}

// long formats seconds from 100 on by two units.
func long(v float64) string {
	if math.Abs(v) >= 100*365*86400 {
		return "over 100 y"
	}
	sign := ""
	s := int64(math.Round(v))
	if s < 0 {
		sign, s = "-", -s
	}
	switch {
	case s < 3600:
		return sign + strconv.FormatInt(s/60, 10) + "m " + two(s%60) + "s"
	case s < 86400:
		return sign + strconv.FormatInt(s/3600, 10) + "h " + two(s%3600/60) + "m"
	}
	return sign + strconv.FormatInt(s/86400, 10) + "d " + two(s%86400/3600) + "h"
}

func two(n int64) string {
	if n < 10 {
		return "0" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}

// Count formats a number of things: "620", "1,500", "18.2k", "4.1M".
func Count(f cluster.Figure) string {
	v, ok := f.Value()
	if !ok {
		return unknown
	}
	if a := math.Abs(math.Round(v)); a < 1000 {
		return fixed(v, 0)
	} else if a < 10000 {
		s := fixed(v, 0)
		return s[:len(s)-3] + "," + s[len(s)-3:]
	}
	return scaled(v, 1000, []string{"", "k", "M", "G", "T", "P"}, "")
}

// Rate formats things per second: "0/s", "0.3/s", "1,500/s", "18.2k/s".
func Rate(f cluster.Figure) string {
	v, ok := f.Value()
	if !ok {
		return unknown
	}
	if v != 0 && math.Abs(v) < 9.95 {
		if math.Abs(v) < 0.05 {
			return "<0.1/s"
		}
		return fixed(v, 1) + "/s"
	}
	return Count(f) + "/s"
}

// ByteRate formats bytes per second by powers of 1,000, as networks count.
func ByteRate(f cluster.Figure) string {
	v, ok := f.Value()
	if !ok {
		return unknown
	}
	return scaled(v, 1000, []string{"B", "kB", "MB", "GB", "TB", "PB"}, " ") + "/s"
}

// Bytes formats a size in memory by powers of 1,024: "512 MiB".
func Bytes(n uint64) string {
	return scaled(float64(n), 1024, []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}, " ")
}

// Percent formats a ratio of 0 to 1. Only what is complete shows 100 %, and
// only what has not begun 0 %.
func Percent(ratio cluster.Figure) string {
	v, ok := ratio.Value()
	if !ok {
		return unknown
	}
	v *= 100
	switch {
	case v > 0 && v < 1:
		return "<1 %"
	case v > 99 && v < 100:
		return "99 %"
	}
	return fixed(v, 0) + " %"
}

// Number formats a column of iostat or top in at most five cells: one decimal
// below 100, none above, "18.2k" and "182k" where more digits would not fit. As in
// iostat, '-' stands where there is none.
func Number(f cluster.Figure) string {
	v, ok := f.Value()
	if !ok {
		return "-"
	}
	switch a := math.Abs(v); {
	case a < 99.95:
		return fixed(v, 1)
	case a < 9999.5:
		return fixed(v, 0)
	case a >= 99950 && a < 999500:
		return fixed(v/1000, 0) + "k"
	}
	return scaled(v, 1000, []string{"", "k", "M", "G", "T", "P"}, "")
}

// clock formats an instant in UTC, as logs have it.
func clock(t time.Time) string {
	if t.IsZero() {
		return "--:--:--Z"
	}
	return t.UTC().Format("15:04:05") + "Z"
}

// fixed formats v with so many decimals; what rounds to zero has no sign.
func fixed(v float64, decimals int) string {
	var b [32]byte
	s := strconv.AppendFloat(b[:0], v, 'f', decimals, 64)
	if s[0] == '-' && allZero(s[1:]) {
		s = s[1:]
	}
	return string(s)
}

func allZero(s []byte) bool {
	for _, c := range s {
		if c != '0' && c != '.' {
			return false
		}
	}
	return true
}

// scaled formats v in the unit that leaves at most four digits and the point.
func scaled(v, step float64, units []string, space string) string {
	i := 0
	for math.Abs(v) >= step-0.05 && i < len(units)-1 {
		v /= step
		i++
	}
	if math.Abs(v) >= 1e5 {
		return ">99999" + space + units[i]
	}
	decimals := 1
	if i == 0 || math.Abs(v) >= 999.5 {
		decimals = 0
	}
	return fixed(v, decimals) + space + units[i]
}

func appendRune(b []byte, r rune) []byte { return utf8.AppendRune(b, r) }
