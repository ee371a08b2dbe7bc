package logs

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// entry is a line of `journalctl -o json`.
type entry struct {
	Cursor   field `json:"__CURSOR"`
	Realtime field `json:"__REALTIME_TIMESTAMP"` // µs
	Priority field `json:"PRIORITY"`
	Ident    field `json:"SYSLOG_IDENTIFIER"`
	Message  field `json:"MESSAGE"`
}

// field is a field of an entry: a string; null if it is longer than 4 kB; an array
// of bytes if it is not printable; an array of those if it was given repeatedly.
type field struct {
	text string
	long bool
}

// UnmarshalJSON takes any of the forms. What is none of them is left out, and the
// rest of the entry counts.
func (f *field) UnmarshalJSON(b []byte) error {
	switch {
	case string(b) == "null":
		f.long = true
	case len(b) > 0 && b[0] == '"':
		return json.Unmarshal(b, &f.text)
	case len(b) > 0 && b[0] == '[':
		var numbers []uint16
		if json.Unmarshal(b, &numbers) == nil {
			raw := make([]byte, len(numbers))
			for i, n := range numbers {
				raw[i] = byte(n)
			}
			f.text = string(raw)
			return nil
		}
		var several []field
		if json.Unmarshal(b, &several) == nil && len(several) > 0 {
			*f = several[0]
		}
	}
	return nil
}

// priorities are the levels of syslog, from emergency on.
var priorities = [8]cluster.LogLevel{
	cluster.LevelError, cluster.LevelError, cluster.LevelError, cluster.LevelError,
	cluster.LevelWarn, cluster.LevelInfo, cluster.LevelInfo, cluster.LevelDebug,
}

// parseEntry reads an entry. A program that logs by its standard output has one
// priority for all, so what the message says of itself counts if it is worse.
func parseEntry(raw string) (l cluster.LogLine, cursor string, ok bool) {
	var e entry
	if json.Unmarshal([]byte(raw), &e) != nil {
		return l, "", false
	}
	us, err := strconv.ParseInt(e.Realtime.text, 10, 64)
	if err != nil || us <= 0 {
		return l, "", false
	}
	at := time.UnixMicro(us).UTC()
	l = cluster.LogLine{At: at, Level: cluster.LevelInfo, Ident: cluster.CleanN(e.Ident.text, maxIdent)}
	if e.Message.long {
		l.Text = cluster.Clean("(a message of more than 4096 bytes)")
		l.Level = cluster.LevelInfo
	} else {
		said := parsePlain(e.Message.text, time.UTC, at)
		l.Text, l.Level = said.Text, said.Level
	}
	if p, err := strconv.Atoi(e.Priority.text); err == nil && p >= 0 && p < len(priorities) {
		if given := priorities[p]; given > l.Level || given == cluster.LevelDebug && l.Level == cluster.LevelInfo {
			l.Level = given
		}
	}
	if !isCursor(e.Cursor.text) {
		return l, "", true
	}
	return l, e.Cursor.text, true
}

// maxIdent is how many runes of an identifier are kept.
const maxIdent = 32

var cursorForm = regexp.MustCompile(`^[0-9A-Za-z=;:+/._-]{1,400}$`)

// isCursor tells whether a host's word may be sent back to it as a cursor.
func isCursor(s string) bool { return cursorForm.MatchString(s) && !strings.HasPrefix(s, "-") }
