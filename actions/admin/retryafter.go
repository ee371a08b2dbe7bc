package admin

import (
	"net/http"
	"strconv"
	"time"
)

// MaxRetryAfter bounds what a server may ask for: nobody is kept from the
// brake for longer by a mistaken header.
const MaxRetryAfter = 15 * time.Minute

// retryAfter reads the header: seconds, or a date, which is reckoned from the
// server's own clock where the answer has one.
func (got *received) retryAfter(date time.Time) (r RetryAfter) {
	raw := got.header.Get("Retry-After")
	if raw == "" {
		return r
	}
	r.Raw = got.scrub.text(raw, 64)
	if n, err := strconv.ParseUint(raw, 10, 64); err == nil || isDigits(raw) {
		if err != nil || n > uint64(MaxRetryAfter/time.Second) {
			n = uint64(MaxRetryAfter/time.Second) + 1
		}
		return r.wait(time.Duration(n) * time.Second)
	}
	at, err := http.ParseTime(raw)
	if err != nil {
		return r
	}
	now := date
	if now.IsZero() {
		now = got.timing.Start.Add(got.timing.Done)
	}
	return r.wait(at.Sub(now))
}

// hint puts the server's wish in place of another hint.
func (r RetryAfter) hint(other string) string {
	switch {
	case !r.Given:
		return other
	case r.Clamped:
		return "the server wants more than " + MaxRetryAfter.String() + " of peace: " + r.Raw.String()
	default:
		return "the server wants peace for " + r.Wait.Round(time.Second).String()
	}
}

// wait fills in d, within 0 and MaxRetryAfter.
func (r RetryAfter) wait(d time.Duration) RetryAfter {
	r.Given, r.Clamped, r.Wait = true, d > MaxRetryAfter, min(max(d, 0), MaxRetryAfter)
	return r
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
