package web

import (
	"net/url"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Target is a URL that is read. The path may be changed before it is used.
type Target struct {
	URL  *url.URL // without userinfo and fragment
	user *url.Userinfo
}

// ParseTarget takes a node's URL; of says what should be read there, for the
// failure, which is of kind FailConfig. A user and password in the URL are sent
// as basic authentication and shown nowhere.
func ParseTarget(raw, of string) (Target, error) {
	const hint = "write it as http://host:port or https://host:port"
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		// The text of err has the URL in it, and with it a password.
		return Target{}, cluster.Fail(cluster.FailConfig, "not the URL of "+of+": "+withoutSecrets(raw), hint)
	}
	t := Target{URL: u, user: u.User}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	return t, nil
}

// String returns host, port and path: what may be shown.
func (t Target) String() string { return t.URL.Host + t.URL.Path }

// withoutSecrets cuts what may hold one from text that is no URL: all before
// the last @ and all after a question mark.
func withoutSecrets(raw string) string {
	raw, _, _ = strings.Cut(raw, "?")
	if i := strings.LastIndexByte(raw, '@'); i >= 0 {
		raw = "…" + raw[i:]
	}
	return raw
}
