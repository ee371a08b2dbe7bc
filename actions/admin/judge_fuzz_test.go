package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"unicode"
)

// FuzzJudge holds the verdict to its promises whatever the server answers.
func FuzzJudge(f *testing.F) {
	for _, x := range []struct {
		status                  int
		media, retry, loc, body string
	}{
		{200, jsonType, "", "", echo},
		{202, jsonType, "", "", "{}"},
		{204, "", "", "", ""},
		{429, "", "30", "", ""},
		{429, "", "Sun, 22 Nov 2026 03:02:00 GMT", "", ""},
		{302, "", "", "http://x/", ""},
		{503, jsonType, "", "", ownError},
		{500, "text/plain", "", "", "Bearer abcdefgh"},
		{101, "", "", "", ""},
		{422, "text/html", "", "", "<html>"},
	} {
		f.Add(x.status, x.media, x.retry, x.loc, []byte(x.body), true, false)
	}
	c, err := New(Options{URL: "http://h"})
	if err != nil {
		f.Fatal(err)
	}
	req, err := c.RateLimit(500)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, media, retry, loc string, body []byte, wrote, broken bool) {
		got := received{
			wrote: wrote || !broken, status: status, body: body,
			header: http.Header{"Content-Type": {media}, "Retry-After": {retry}, "Location": {loc}},
		}
		if broken {
			got.err = errors.New("broken")
		}
		r := judge(got, req)
		var sent struct {
			Max json.Number `json:"max_assertions_per_sec"`
		}
		switch r.Verdict {
		case Accepted:
			if broken || status != 200 || json.Unmarshal(body, &sent) != nil {
				t.Errorf("accepted: %d %q", status, body)
			}
		case Rejected:
			if broken || (status/100 != 3 && status/100 != 4 && status != 503) {
				t.Errorf("rejected: %d", status)
			}
		case NotSent:
			if got.wrote {
				t.Error("not sent, but it was")
			}
		case Ambiguous:
			if !got.wrote {
				t.Error("ambiguous, but nothing left")
			}
		}
		if d := r.Answer.RetryAfter.Wait; d < 0 || d > MaxRetryAfter {
			t.Errorf("wait %v", d)
		}
		if strings.ContainsFunc(r.Summary().String(), func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("unprintable: %q", r.Summary())
		}
	})
}
