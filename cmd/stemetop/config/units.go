package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// Duration is a span of time as people write it: "500ms", "1m30s", "14d".
type Duration time.Duration

// D returns it as the standard library's type.
func (d Duration) D() time.Duration { return time.Duration(d) }

// String returns the shortest form that UnmarshalText reads back.
func (d Duration) String() string {
	t := time.Duration(d)
	if t >= 2*day && t%day == 0 {
		return strconv.FormatInt(int64(t/day), 10) + "d"
	}
	s := t.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText returns String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a number with a unit, or several: ns, us, ms, s, m, h,
// or days alone.
func (d *Duration) UnmarshalText(b []byte) error {
	s := string(b)
	if n, ok := strings.CutSuffix(s, "d"); ok {
		days, err := strconv.ParseFloat(n, 64)
		if err != nil || math.IsNaN(days) || math.Abs(days) > 36500 {
			return fmt.Errorf("%q is not a duration", s)
		}
		*d = Duration(days * float64(day))
		return nil
	}
	t, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("%q is not a duration", s)
	}
	*d = Duration(t)
	return nil
}

// Set is UnmarshalText, for flags.
func (d *Duration) Set(s string) error { return d.UnmarshalText([]byte(s)) }

// Type is what the value of a flag is called.
func (*Duration) Type() string { return "duration" }

// Size is a number of bytes as people write it: "32MiB", "1GiB", "500kB".
type Size int64

// sizeUnits are in descending order of what String tries. Powers of 1000 are
// read and not written.
var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"TiB", 1 << 40},
	{"GiB", 1 << 30},
	{"MiB", 1 << 20},
	{"KiB", 1 << 10},
	{"TB", 1e12},
	{"GB", 1e9},
	{"MB", 1e6},
	{"kB", 1e3},
	{"B", 1},
}

// String returns the shortest exact form.
func (s Size) String() string {
	for _, u := range sizeUnits[:4] {
		if s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

// MarshalText returns String.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a number of bytes, with or without a unit.
func (s *Size) UnmarshalText(b []byte) error {
	number, unit := string(b), int64(1)
	for _, u := range sizeUnits {
		if n, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = strings.TrimSpace(n), u.bytes
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	total := n * float64(unit)
	// 2^62 bounds it well inside int64, where floats are no longer exact.
	if err != nil || math.IsNaN(total) || total < 0 || total > 1<<62 {
		return fmt.Errorf("%q is not a size", string(b))
	}
	*s = Size(total)
	return nil
}

// Number is a number as people write it: "20", "0.05".
type Number float64

// String returns the shortest form that UnmarshalText reads back.
func (n Number) String() string { return strconv.FormatFloat(float64(n), 'g', -1, 64) }

// MarshalText returns String.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads a finite number without a unit.
func (n *Number) UnmarshalText(b []byte) error {
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("%q is not a number", string(b))
	}
	*n = Number(v)
	return nil
}
