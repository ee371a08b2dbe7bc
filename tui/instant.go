package tui

import (
	"strings"
	"time"
)

// instant reads what was typed as a time: a time of day in UTC (the last such
// one before the end, on the day shown or the one before), a full RFC 3339 time,
// a span from the instant shown, start or end. A problem is told in words.
func instant(text string, shown, first, last time.Time) (t time.Time, problem string) {
	text = strings.ToLower(strings.TrimSpace(text))
	switch text {
	case "":
		return t, "type a time, e.g. 03:12 or -5m"
	case "start", "first":
		return first, ""
	case "end", "last", "now", "live":
		return last, ""
	}
	if text[0] == '-' || text[0] == '+' {
		d, err := time.ParseDuration(text)
		if err != nil {
			return t, "not a span; e.g. -90s, -5m, +1h30m"
		}
		return shown.Add(d), ""
	}
	if t, err := time.Parse(time.RFC3339, strings.ToUpper(text)); err == nil {
		return t, ""
	}
	for _, layout := range []string{"15:04:05", "15:04"} {
		if clock, err := time.Parse(layout, strings.TrimSuffix(text, "z")); err == nil {
			return onDay(clock, shown, last), ""
		}
	}
	return t, "not a time; e.g. 03:12, 03:12:40, -5m, start, end"
}

// onDay returns the time of day on the day of shown, or on the day before where
// that has not come yet.
func onDay(clock, shown, last time.Time) time.Time {
	y, month, d := shown.UTC().Date()
	t := time.Date(y, month, d, clock.Hour(), clock.Minute(), clock.Second(), 0, time.UTC)
	if t.After(last) {
		t = t.AddDate(0, 0, -1)
	}
	return t
}
