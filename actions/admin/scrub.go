package admin

import (
	"regexp"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// redacted stands where a secret stood.
const redacted = "[redacted]"

// patterns are what secrets look like in texts of servers and proxies.
var patterns = []*regexp.Regexp{
	regexp.MustCompile(`(?is)-----BEGIN [^-]*-----.*?(-----END [^-]*-----|$)`),
	regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{4,}`),
	regexp.MustCompile(`\beyJ[\w-]{4,}\.[\w-]+\.?[\w-]*`),
	regexp.MustCompile(`\bA(KIA|SIA)[0-9A-Z]{12,}`),
	regexp.MustCompile(`(?i)\b[\w-]*(password|passwd|secret|token|api[_-]?key)["']?\s*[=:]\s*("[^"]*"|'[^']*'|[^\s,;&"']+)`),
	regexp.MustCompile(`//[^/\s@]+:[^/\s@]+@`),
}

// scrubber takes secrets out of outside text: those that this client sent, and
// what looks like one.
type scrubber struct{ known []string }

// minSecret is how long a secret must be to be looked for: a shorter one would
// black out ordinary words, and protects nothing.
const minSecret = 4

func newScrubber(secrets []string) scrubber {
	var s scrubber
	for _, x := range secrets {
		if len(x) >= minSecret {
			s.known = append(s.known, x)
		}
	}
	return s
}

// text returns raw without secrets, cleaned and at most limit runes. It cuts
// last: half a secret would no longer be found.
func (s scrubber) text(raw string, limit int) cluster.Text {
	for _, x := range s.known {
		raw = strings.ReplaceAll(raw, x, redacted)
	}
	for _, p := range patterns {
		raw = p.ReplaceAllString(raw, redacted)
	}
	return cluster.CleanN(raw, limit)
}
