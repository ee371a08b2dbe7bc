package admintest

import (
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"
)

// Case is one row of the fault table: what the server does to a throttle to
// 500/s, and what must come of it.
type Case struct {
	Row     string // of the table that was agreed on; - for what was added
	Name    string
	Script  Script
	Warm    bool                                     // another request came before, on a connection that the server keeps
	Limits  Limits                                   // of the client; zero fields as its tests like
	Arrange func(t *testing.T, s *Server) (At, Peer) // instead of the plain server

	Verdict  string
	Requests int    // mutations that arrive
	Words    string // of the summary
	ReadBack string // of the limit, where the case is resolved by it

	Changed   bool          // the server's state is told to be another one
	Redirect  bool          // the answer is a redirect
	Elsewhere bool          // to another host
	Wait      time.Duration // the server asks for
	Clamped   bool          // it asked for more
	Raw       string        // what it asked for can't be read
}

// Limits bound a request, as those of package admin do.
type Limits struct{ Dial, TLS, Header, Total time.Duration }

// At is where a client sends to.
type At struct{ URL, CA string }

// Peer is who was seen there before.
type Peer struct{ Address, Certificate string }

// MaxWait is the longest that a server may ask for.
const MaxWait = 15 * time.Minute

// What a good server answers.
const (
	JSON     = "application/json"
	Echo     = `{"max_assertions_per_sec":500}`
	OwnError = `{"error":{"code":"invalid_value","message":"must be \u001b[31m lower"}}`
)

// quick makes timeouts come soon.
var quick = Limits{Header: 600 * time.Millisecond, Total: time.Second}

// Cases are the fault table.
func Cases() []Case {
	all := append(statusCases(), brokenCases()...)
	return append(append(all, shapeCases()...), connectionCases()...)
}

func statusCases() []Case {
	return []Case{
		{Row: "1", Name: "200, valid echo", Script: Then(Acts, Answer(200, JSON, Echo)), Verdict: "accepted", Requests: 1, Words: "accepted", ReadBack: "500"},
		{Row: "1", Name: "200, echo as 500.0, and more keys", Script: Answer(200, JSON+"; charset=utf-8", `{"max_assertions_per_sec":500.0,"previous":2000}`), Verdict: "accepted", Requests: 1, Words: "accepted"},
		{Row: "2", Name: "400, JSON error with an escape sequence", Script: Answer(400, JSON, OwnError), Verdict: "rejected", Requests: 1, Words: `invalid_value: must be \x1b[31m lower`},
		{Row: "3", Name: "401", Script: Answer(401, JSON, `{"error":"token expired"}`), Verdict: "rejected", Requests: 1, Words: "401, the server does not know who asks (token expired)"},
		{Row: "4", Name: "403", Script: Answer(403, "text/plain", "go away\n"), Verdict: "rejected", Requests: 1, Words: "403, not permitted (go away)"},
		{Row: "5", Name: "404, older server", Script: Answer(404, "text/plain", "404 page not found\n"), Verdict: "rejected", Requests: 1, Words: "404, not found"},
		{Row: "6", Name: "409", Script: Answer(409, JSON, `{"error":{"code":"sync_running","message":"a sync runs"}}`), Verdict: "rejected", Requests: 1, Words: "409, the server's state is not", Changed: true},
		{Row: "6", Name: "412", Script: Answer(412, "", ""), Verdict: "rejected", Requests: 1, Words: "412, the server's state is not", Changed: true},
		{Row: "7", Name: "422, HTML body", Script: Answer(422, "text/html", "<html>no</html>"), Verdict: "rejected", Requests: 1, Words: "an HTML page of 15 bytes, sha256 "},
		{Row: "8", Name: "429, Retry-After 30", Script: Answer(429, "", "", "Retry-After: 30"), Verdict: "rejected", Requests: 1, Words: "429, too many requests", Wait: 30 * time.Second},
		{Row: "9", Name: "429, Retry-After 999999", Script: Answer(429, "", "", "Retry-After: 999999"), Verdict: "rejected", Requests: 1, Words: "429", Wait: MaxWait, Clamped: true},
		{Row: "9", Name: "429, Retry-After as a date", Script: Answer(429, "", "", "Date: Sun, 22 Nov 2026 03:00:00 GMT", "Retry-After: Sun, 22 Nov 2026 03:02:00 GMT"), Verdict: "rejected", Requests: 1, Words: "429", Wait: 2 * time.Minute},
		{Row: "9", Name: "429, Retry-After garbage", Script: Answer(429, "", "", "Retry-After: soon \u202e"), Verdict: "rejected", Requests: 1, Words: "429", Raw: `soon \u{202e}`},
		{Row: "10", Name: "500", Script: Answer(500, JSON, OwnError), Verdict: "ambiguous", Requests: 1, Words: "may have taken effect: 500", ReadBack: "2000"},
		{Row: "11", Name: "502 of a proxy, server acted", Script: Then(Acts, Answer(502, "text/html", "<html>Bad Gateway</html>")), Verdict: "ambiguous", Requests: 1, Words: "502", ReadBack: "500"},
		{Row: "11", Name: "504 of a proxy, server acted", Script: Then(Acts, Answer(504, "text/plain", "timeout")), Verdict: "ambiguous", Requests: 1, Words: "504", ReadBack: "500"},
		{Row: "12", Name: "503, the API's own error", Script: Answer(503, JSON, `{"error":{"code":"not_primary","message":"not the primary"}}`), Verdict: "rejected", Requests: 1, Words: "503, the server can't do it now (not_primary: not the primary)"},
		{Row: "12", Name: "503, HTML", Script: Answer(503, "text/html", "<html>"), Verdict: "ambiguous", Requests: 1, Words: "503"},
		{Row: "-", Name: "408", Script: Answer(408, "", ""), Verdict: "ambiguous", Requests: 1, Words: "408, which says nothing of its effect"},
		{Row: "-", Name: "425", Script: Answer(425, "", ""), Verdict: "ambiguous", Requests: 1, Words: "425"},
		{Row: "-", Name: "103, then 200", Script: Then(Raw("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"), Answer(200, JSON, Echo)), Verdict: "accepted", Requests: 1, Words: "accepted"},
		{Row: "-", Name: "101, another protocol", Script: Then(Raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"), Hang), Verdict: "ambiguous", Requests: 1, Words: "101"},
	}
}

func brokenCases() []Case {
	cut := Raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 30\r\n\r\n{\"max_")
	return []Case{
		{Row: "13", Name: "no header in time, server acted", Script: Then(Acts, Hang), Limits: quick, Verdict: "ambiguous", Requests: 1, Words: "no answer within 600ms", ReadBack: "500"},
		{Row: "14", Name: "no header in time, not acted", Script: Hang, Limits: quick, Verdict: "ambiguous", Requests: 1, Words: "no answer within 600ms", ReadBack: "2000"},
		{Row: "15", Name: "RST before the header, after a warm request", Warm: true, Script: Then(Acts, Rst), Verdict: "ambiguous", Requests: 1, Words: "without an answer", ReadBack: "500"},
		{Row: "16", Name: "FIN before the header", Script: Fin, Verdict: "ambiguous", Requests: 1, Words: "connection closed without an answer"},
		{Row: "17", Name: "RST in the body after 200", Script: Then(cut, Pause, Rst), Verdict: "ambiguous", Requests: 1, Words: "in the middle of the answer"},
		{Row: "17", Name: "RST in the body after 400", Script: Then(Raw("HTTP/1.1 400 No\r\nContent-Length: 9\r\n\r\nno"), Pause, Rst), Verdict: "ambiguous", Requests: 1, Words: "in the middle of the answer"},
		{Row: "18", Name: "FIN in the body", Script: Then(cut, Fin), Verdict: "ambiguous", Requests: 1, Words: "connection closed in the middle of the answer"},
		{Row: "18", Name: "FIN in a chunk", Script: Then(Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1e\r\n{\"max"), Fin), Verdict: "ambiguous", Requests: 1, Words: "connection closed in the middle of the answer"},
		{Row: "18", Name: "FIN in a body without length", Script: Then(Raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"max_assertions_per_sec\":5"), Fin), Verdict: "ambiguous", Requests: 1, Words: "it is not a JSON object"},
		{Row: "19", Name: "trickling body", Script: Then(Raw("HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n"), Endless(" ", 20*time.Millisecond)), Limits: quick, Verdict: "ambiguous", Requests: 1, Words: "the answer was not complete within 1s"},
		{Row: "19", Name: "trickling header", Script: Then(Raw("HTTP/1.1 200 OK\r\n"), Endless("X: y\r\n", 20*time.Millisecond)), Limits: quick, Verdict: "ambiguous", Requests: 1, Words: "no answer within 600ms"},
		{Row: "20", Name: "endless header", Script: Then(Raw("HTTP/1.1 200 OK\r\n"), Endless("X-Pad: "+strings.Repeat("x", 4000)+"\r\n", 0)), Verdict: "ambiguous", Requests: 1, Words: "header"},
		{Row: "20", Name: "endless body", Script: Then(Raw("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"), Endless(strings.Repeat("x", 4000), 0)), Verdict: "ambiguous", Requests: 1, Words: "the answer passed 64 KiB"},
		{Row: "20", Name: "body of 64 KiB + 1", Script: Answer(400, "text/plain", strings.Repeat("x", 64<<10+1)), Verdict: "ambiguous", Requests: 1, Words: "the answer passed 64 KiB"},
		{Row: "27", Name: "TLS alert on the plain port", Script: Then(Raw("\x15\x03\x01\x00\x02\x02\x46"), Fin), Verdict: "ambiguous", Requests: 1, Words: "plain HTTP on a TLS port"},
		{Row: "27", Name: "HTTP/2 preface", Script: Then(Raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Fin), Verdict: "ambiguous", Requests: 1, Words: "not a proper HTTP answer"},
	}
}

func shapeCases() []Case {
	cases := []Case{
		{Row: "23", Name: "200, login page", Script: Answer(200, "text/html", "<!DOCTYPE html><form>"), Verdict: "ambiguous", Requests: 1, Words: "200, but the answer is not this API's: it is not JSON"},
		{Row: "23", Name: "200, login page said to be JSON", Script: Answer(200, JSON, "<!DOCTYPE html><form>"), Verdict: "ambiguous", Requests: 1, Words: "it is not a JSON object"},
		{Row: "24", Name: "200, array", Script: Answer(200, JSON, "[1]"), Verdict: "ambiguous", Requests: 1, Words: "it is not a JSON object"},
		{Row: "24", Name: "200, other value", Script: Answer(200, JSON, `{"max_assertions_per_sec":2000}`), Verdict: "ambiguous", Requests: 1, Words: "its max_assertions_per_sec is not the one that was sent"},
		{Row: "24", Name: "200, value as text", Script: Answer(200, JSON, `{"max_assertions_per_sec":"500"}`), Verdict: "ambiguous", Requests: 1, Words: "is not the one that was sent"},
		{Row: "24", Name: "200, no echo", Script: Answer(200, JSON, `{"ok":true}`), Verdict: "ambiguous", Requests: 1, Words: "it does not repeat max_assertions_per_sec"},
		{Row: "24", Name: "200 with an error", Script: Answer(200, JSON, `{"max_assertions_per_sec":500,"error":"disk full"}`), Verdict: "ambiguous", Requests: 1, Words: "it reports an error despite its status (disk full)"},
		{Row: "24", Name: "200, two objects", Script: Answer(200, JSON, Echo+Echo), Verdict: "ambiguous", Requests: 1, Words: "it is not a JSON object"},
		{Row: "25", Name: "200, empty", Script: Answer(200, JSON, ""), Verdict: "ambiguous", Requests: 1, Words: "its body is empty"},
		{Row: "25", Name: "204", Script: Answer(204, "", ""), Verdict: "ambiguous", Requests: 1, Words: "204 is not what this endpoint answers"},
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		cases = append(cases, Case{
			Row: "21", Name: fmt.Sprint(status, ", same host"), Script: Answer(status, "", "", "Location: /elsewhere"),
			Verdict: "rejected", Requests: 1, Words: "a redirect, which is not followed", Redirect: true,
		})
	}
	return cases
}

func connectionCases() []Case {
	return []Case{
		{Row: "22", Name: "307 to another host", Arrange: toAnother, Verdict: "rejected", Requests: 1, Words: "a redirect, which is not followed, to http://127.0.0.1:", Redirect: true, Elsewhere: true},
		{Row: "26", Name: "TLS, good", Arrange: overTLS(Loopback()), Script: Answer(200, JSON, Echo), Verdict: "accepted", Requests: 1, Words: "accepted"},
		{Row: "26", Name: "untrusted certificate", Arrange: untrusted, Verdict: "not_sent", Words: "not sent: its certificate is signed by an unknown authority"},
		{Row: "26", Name: "expired certificate", Arrange: overTLS(&x509.Certificate{IPAddresses: Loopback().IPAddresses, NotAfter: time.Now().Add(-time.Hour)}), Verdict: "not_sent", Words: "its certificate is not valid now"},
		{Row: "26", Name: "certificate of another name", Arrange: overTLS(&x509.Certificate{DNSNames: []string{"other"}}), Verdict: "not_sent", Words: "its certificate is not for 127.0.0.1"},
		{Row: "27", Name: "TLS to a plain port", Arrange: schemeOf("https"), Verdict: "not_sent", Words: "not sent: connection closed during the TLS handshake"},
		{Row: "27", Name: "silent port, TLS", Arrange: silent, Limits: Limits{TLS: 200 * time.Millisecond}, Verdict: "not_sent", Words: "connected, but no TLS handshake within 200ms"},
		{Row: "28", Name: "host name not known", Arrange: unknownName, Limits: Limits{Dial: 2 * time.Second}, Verdict: "not_sent", Words: "not sent: "},
		{Row: "28", Name: "connection refused", Arrange: refused, Verdict: "not_sent", Words: "not sent: connection refused"},
		{Row: "29", Name: "another address than at the preview", Arrange: otherAddress, Verdict: "not_sent", Words: "another server answers than at the preview"},
		{Row: "29", Name: "another certificate than at the preview", Arrange: otherCertificate, Verdict: "not_sent", Words: "another server answers than at the preview"},
	}
}
