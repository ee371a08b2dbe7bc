package admin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// maxReason is how many runes of a server's text are kept.
const maxReason = 256

// apiError is this API's own shape of an error, and the variants of others.
type apiError struct{ code, message string }

// parseError reads {"error":{"code":…,"message":…}}, {"error":"…"} and the keys
// message, detail, title and reason at the top.
func parseError(o object) (e apiError) {
	str := func(o object, key string) (s string) {
		_ = json.Unmarshal(o[key], &s) // what is no string is not quoted
		return s
	}
	if inner := parseObject(o["error"]); inner != nil {
		return apiError{str(inner, "code"), str(inner, "message")}
	}
	e.code = str(o, "error")
	for _, key := range []string{"message", "detail", "reason", "title"} {
		if e.message == "" {
			e.message = str(o, key)
		}
	}
	return e
}

func (e apiError) String() string {
	switch {
	case e.code == "":
		return e.message
	case e.message == "":
		return e.code
	default:
		return e.code + ": " + e.message
	}
}

// ownError tells whether the answer is an error in this API's own shape, which a
// proxy does not write.
func (got *received) ownError() bool {
	o := parseObject(got.body)
	if !isJSON(got.header.Get("Content-Type")) || parseObject(o["error"]) == nil {
		return false
	}
	e := parseError(o)
	return e.code != "" && e.message != ""
}

// reason returns the server's text where it has one that is meant to be read:
// of a page of HTML only what it is.
func (got *received) reason() cluster.Text {
	if len(got.body) == 0 {
		return cluster.Text{}
	}
	contentType := got.header.Get("Content-Type")
	if isJSON(contentType) {
		if o := parseObject(got.body); o != nil {
			return got.scrub.text(parseError(o).String(), maxReason)
		}
	}
	if media, _, err := mime.ParseMediaType(contentType); err == nil && media == "text/plain" {
		return got.scrub.text(strings.TrimSpace(string(got.body)), maxReason)
	}
	what := "an answer"
	if looksLikeHTML(contentType, got.body) {
		what = "an HTML page"
	}
	return cluster.Clean(fmt.Sprintf("%s of %d bytes, sha256 %.8s", what, len(got.body), digest(got.body)))
}

func looksLikeHTML(contentType string, body []byte) bool {
	start := strings.ToLower(strings.TrimSpace(string(body[:min(len(body), 64)])))
	return strings.Contains(contentType, "html") || strings.HasPrefix(start, "<!doctype") || strings.HasPrefix(start, "<html")
}

func digest(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
