package logs

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// parse reads the lines that were not heard before.
func (c *Collector) parse(raw []string) []cluster.LogLine {
	if c.o.File != "" {
		return c.parseFile(raw)
	}
	lines := make([]cluster.LogLine, 0, len(raw))
	behind := c.anew && c.cursor == ""
	for _, text := range raw {
		l, cursor, ok := parseEntry(text)
		if !ok {
			c.left++
			continue
		}
		if behind && !l.At.After(c.newest) {
			continue // begun anew without a cursor: heard before
		}
		lines, c.newest = append(lines, l), l.At
		if cursor != "" {
			c.cursor = cursor
		}
	}
	return lines
}

// stoodFor is how long after its first line, in real time, more may come of what
// stood in a file before.
const stoodFor = 2 * time.Second

// parseFile reads lines of a file. One that tells no time is of now if it came in
// while we listened. If it stood there before, it is of the line that it follows,
// and one that follows none may be of last week: it is left out.
func (c *Collector) parseFile(raw []string) []cluster.LogLine {
	if len(raw) == 0 {
		return nil
	}
	if c.first.IsZero() {
		c.first = time.Now()
	}
	c.stood = c.stood && time.Since(c.first) < stoodFor
	now, stood := c.o.Clock.Now(), c.stood
	if c.anew {
		var gap bool
		raw, gap = c.seen.fresh(raw, func(l string) bool { return !parsePlain(l, c.zone, now).Arrived })
		c.gap, stood = c.gap || gap, stood || gap
	}
	lines := make([]cluster.LogLine, 0, len(raw))
	for _, text := range raw {
		l := parsePlain(text, c.zone, now)
		if l.Arrived && stood {
			if c.above.IsZero() {
				c.left++
				continue
			}
			l.At, l.Arrived = c.above, false
		}
		if !l.Arrived {
			c.above = l.At
		}
		lines = append(lines, l)
	}
	c.seen.add(raw)
	return lines
}
