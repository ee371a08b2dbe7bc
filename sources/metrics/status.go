package metrics

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// statusHints say what to do about a status.
var statusHints = map[int]string{
	http.StatusUnauthorized:       "set http.token_file, or put a new token into it",
	http.StatusForbidden:          "the token or certificate may not read metrics",
	http.StatusNotFound:           "metrics are elsewhere: give the whole URL, path included",
	http.StatusMethodNotAllowed:   hintURL,
	http.StatusTooManyRequests:    "the node limits requests; use a longer interval",
	http.StatusBadGateway:         "a proxy answers: the node behind it is down",
	http.StatusServiceUnavailable: "the node is starting, overloaded, or down behind a proxy",
	http.StatusGatewayTimeout:     "a proxy answers: the node behind it hangs",
}

// statusFault returns what is wrong with a status other than 200. Its body is
// looked at only for a TLS port's complaint.
func statusFault(r *http.Response) *fault {
	switch r.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return redirectFault(r)
	case http.StatusBadRequest:
		// nginx, Go and others say so in a body of their own.
		body, err := io.ReadAll(io.LimitReader(r.Body, 512))
		if err == nil && r.Request.URL.Scheme == "http" && strings.Contains(string(body), "HTTPS") {
			return faultSpeaksTLS
		}
	}
	what := fmt.Sprintf("status %d", r.StatusCode)
	if text := http.StatusText(r.StatusCode); text != "" {
		what += " " + strings.ToLower(text)
	}
	return newFault(cluster.FailStatus, what, statusHints[r.StatusCode])
}

// redirectFault names only where to: the rest of a location may hold a secret.
func redirectFault(r *http.Response) *fault {
	to := "nowhere"
	if u, err := r.Location(); err == nil {
		to = u.Scheme + "://" + u.Host
	}
	return newFault(cluster.FailRedirect, fmt.Sprintf("status %d redirects to %s, not followed", r.StatusCode, to), "if that is the node itself, write its URL so")
}
