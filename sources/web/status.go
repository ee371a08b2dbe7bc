package web

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Status says what an HTTP status means to those who ask, and what to do.
type Status struct {
	Kind cluster.FailureKind // FailStatus if empty
	Hint string
}

// statuses are those that mean the same whoever asks.
var statuses = map[int]Status{
	http.StatusProxyAuthRequired:  {Hint: "a proxy answers: it wants a user and password"},
	http.StatusTooManyRequests:    {Hint: "the node limits requests; use a longer interval"},
	http.StatusBadGateway:         {Hint: "a proxy answers: the node behind it is down"},
	http.StatusServiceUnavailable: {Hint: "the node is starting, overloaded, or down behind a proxy"},
	http.StatusGatewayTimeout:     {Hint: "a proxy answers: the node behind it hangs"},
}

// statusFault returns what is wrong with a status other than 200. Its body is
// looked at only for a TLS port's complaint.
func (o *Options) statusFault(r *http.Response) *Fault {
	switch r.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return redirectFault(r)
	case http.StatusBadRequest:
		// nginx, Go and others say so in a body of their own.
		body, err := io.ReadAll(io.LimitReader(r.Body, 512))
		if err == nil && r.Request.URL.Scheme == "http" && strings.Contains(string(body), "HTTPS") {
			return speaksTLS()
		}
	}
	s, ok := o.Statuses[r.StatusCode]
	if !ok {
		s = statuses[r.StatusCode]
	}
	if s.Kind == "" {
		s.Kind = cluster.FailStatus
	}
	switch {
	case s.Hint != "":
	case r.StatusCode >= http.StatusInternalServerError:
		s.Hint = "the node itself failed: look into its log"
	default:
		s.Hint = o.Words.WrongURL
	}
	return NewFault(s.Kind, statusText(r.StatusCode), s.Hint)
}

func statusText(code int) string {
	what := fmt.Sprintf("status %d", code)
	if text := http.StatusText(code); text != "" {
		what += " " + strings.ToLower(text)
	}
	return what
}

// redirectFault names only where to: the rest of a location may hold a secret.
func redirectFault(r *http.Response) *Fault {
	to := "nowhere"
	if u, err := r.Location(); err == nil {
		to = u.Scheme + "://" + u.Host
	}
	return NewFault(cluster.FailRedirect, fmt.Sprintf("status %d redirects to %s, not followed", r.StatusCode, to), "if that is the node itself, write its URL so")
}
