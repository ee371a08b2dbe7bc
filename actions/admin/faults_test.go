package admin

import (
	"context"
	"crypto/x509"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// faultCase is one row of the fault table: what the server does to a throttle to
// 500/s, and what must come of it.
type faultCase struct {
	row     string
	name    string
	script  script
	limits  Limits                                             // of the client; zero for 10 s
	arrange func(t *testing.T, s *faultServer) (Options, Peer) // instead of the plain server
	after   func(t *testing.T, r Result)

	verdict  Verdict
	requests int // mutations that arrived
	words    string
	readBack string // of the limit, where the case is resolved by it
}

const (
	jsonType = "application/json"
	echo     = `{"max_assertions_per_sec":500}`
	ownError = `{"error":{"code":"invalid_value","message":"must be \u001b[31m lower"}}`
)

// quick makes timeouts come soon.
var quick = Limits{Header: 600 * time.Millisecond, Total: time.Second}

func faultCases() []faultCase {
	all := append(statusCases(), brokenCases()...)
	return append(append(all, shapeCases()...), connectionCases()...)
}

func statusCases() []faultCase {
	return []faultCase{
		{row: "1", name: "200, valid echo", script: then(acts, answer(200, jsonType, echo)), verdict: Accepted, requests: 1, words: "accepted", readBack: "500"},
		{row: "1", name: "200, echo as 500.0, and more keys", script: answer(200, jsonType+"; charset=utf-8", `{"max_assertions_per_sec":500.0,"previous":2000}`), verdict: Accepted, requests: 1, words: "accepted"},
		{row: "2", name: "400, JSON error with an escape sequence", script: answer(400, jsonType, ownError), verdict: Rejected, requests: 1, words: `invalid_value: must be \x1b[31m lower`},
		{row: "3", name: "401", script: answer(401, jsonType, `{"error":"token expired"}`), verdict: Rejected, requests: 1, words: "401, the server does not know who asks (token expired)"},
		{row: "4", name: "403", script: answer(403, "text/plain", "go away\n"), verdict: Rejected, requests: 1, words: "403, not permitted (go away)"},
		{row: "5", name: "404, older server", script: answer(404, "text/plain", "404 page not found\n"), verdict: Rejected, requests: 1, words: "404, not found"},
		{row: "6", name: "409", script: answer(409, jsonType, `{"error":{"code":"sync_running","message":"a sync runs"}}`), verdict: Rejected, requests: 1, words: "409, the server's state is not", after: wantChanged},
		{row: "6", name: "412", script: answer(412, "", ""), verdict: Rejected, requests: 1, words: "412, the server's state is not", after: wantChanged},
		{row: "7", name: "422, HTML body", script: answer(422, "text/html", "<html>no</html>"), verdict: Rejected, requests: 1, words: "an HTML page of 15 bytes, sha256 "},
		{row: "8", name: "429, Retry-After 30", script: answer(429, "", "", "Retry-After: 30"), verdict: Rejected, requests: 1, words: "429, too many requests", after: wantWait(30*time.Second, false)},
		{row: "9", name: "429, Retry-After 999999", script: answer(429, "", "", "Retry-After: 999999"), verdict: Rejected, requests: 1, words: "429", after: wantWait(MaxRetryAfter, true)},
		{row: "9", name: "429, Retry-After as a date", script: answer(429, "", "", "Date: Sun, 22 Nov 2026 03:00:00 GMT", "Retry-After: Sun, 22 Nov 2026 03:02:00 GMT"), verdict: Rejected, requests: 1, words: "429", after: wantWait(2*time.Minute, false)},
		{row: "9", name: "429, Retry-After garbage", script: answer(429, "", "", "Retry-After: soon \u202e"), verdict: Rejected, requests: 1, words: "429", after: wantNoWait},
		{row: "10", name: "500", script: answer(500, jsonType, ownError), verdict: Ambiguous, requests: 1, words: "may have taken effect: 500", readBack: "2000"},
		{row: "11", name: "502 of a proxy, server acted", script: then(acts, answer(502, "text/html", "<html>Bad Gateway</html>")), verdict: Ambiguous, requests: 1, words: "502", readBack: "500"},
		{row: "11", name: "504 of a proxy, server acted", script: then(acts, answer(504, "text/plain", "timeout")), verdict: Ambiguous, requests: 1, words: "504", readBack: "500"},
		{row: "12", name: "503, the API's own error", script: answer(503, jsonType, `{"error":{"code":"not_primary","message":"not the primary"}}`), verdict: Rejected, requests: 1, words: "503, the server can't do it now (not_primary: not the primary)"},
		{row: "12", name: "503, HTML", script: answer(503, "text/html", "<html>"), verdict: Ambiguous, requests: 1, words: "503"},
		{row: "-", name: "408", script: answer(408, "", ""), verdict: Ambiguous, requests: 1, words: "408, which says nothing of its effect"},
		{row: "-", name: "425", script: answer(425, "", ""), verdict: Ambiguous, requests: 1, words: "425"},
		{row: "-", name: "103, then 200", script: then(raw("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"), answer(200, jsonType, echo)), verdict: Accepted, requests: 1, words: "accepted"},
		{row: "-", name: "101, another protocol", script: then(raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"), hang), verdict: Ambiguous, requests: 1, words: "101"},
	}
}

func brokenCases() []faultCase {
	cut := raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 30\r\n\r\n{\"max_")
	return []faultCase{
		{row: "13", name: "no header in time, server acted", script: then(acts, hang), limits: quick, verdict: Ambiguous, requests: 1, words: "no answer within 600ms", readBack: "500"},
		{row: "14", name: "no header in time, not acted", script: hang, limits: quick, verdict: Ambiguous, requests: 1, words: "no answer within 600ms", readBack: "2000"},
		{row: "15", name: "RST before the header, after a warm request", arrange: warm, script: then(acts, rst), verdict: Ambiguous, requests: 1, words: "without an answer", readBack: "500"},
		{row: "16", name: "FIN before the header", script: fin, verdict: Ambiguous, requests: 1, words: "connection closed without an answer"},
		{row: "17", name: "RST in the body after 200", script: then(cut, pause, rst), verdict: Ambiguous, requests: 1, words: "in the middle of the answer"},
		{row: "17", name: "RST in the body after 400", script: then(raw("HTTP/1.1 400 No\r\nContent-Length: 9\r\n\r\nno"), pause, rst), verdict: Ambiguous, requests: 1, words: "in the middle of the answer"},
		{row: "18", name: "FIN in the body", script: then(cut, fin), verdict: Ambiguous, requests: 1, words: "connection closed in the middle of the answer"},
		{row: "18", name: "FIN in a chunk", script: then(raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1e\r\n{\"max"), fin), verdict: Ambiguous, requests: 1, words: "connection closed in the middle of the answer"},
		{row: "18", name: "FIN in a body without length", script: then(raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"max_assertions_per_sec\":5"), fin), verdict: Ambiguous, requests: 1, words: "it is not a JSON object"},
		{row: "19", name: "trickling body", script: then(raw("HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n"), endless(" ", 20*time.Millisecond)), limits: quick, verdict: Ambiguous, requests: 1, words: "the answer was not complete within 1s"},
		{row: "19", name: "trickling header", script: then(raw("HTTP/1.1 200 OK\r\n"), endless("X: y\r\n", 20*time.Millisecond)), limits: quick, verdict: Ambiguous, requests: 1, words: "no answer within 600ms"},
		{row: "20", name: "endless header", script: then(raw("HTTP/1.1 200 OK\r\n"), endless("X-Pad: "+strings.Repeat("x", 4000)+"\r\n", 0)), verdict: Ambiguous, requests: 1, words: "header"},
		{row: "20", name: "endless body", script: then(raw("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"), endless(strings.Repeat("x", 4000), 0)), verdict: Ambiguous, requests: 1, words: "the answer passed 64 KiB"},
		{row: "20", name: "body of 64 KiB + 1", script: answer(400, "text/plain", strings.Repeat("x", maxBody+1)), verdict: Ambiguous, requests: 1, words: "the answer passed 64 KiB"},
		{row: "27", name: "TLS alert on the plain port", script: then(raw("\x15\x03\x01\x00\x02\x02\x46"), fin), verdict: Ambiguous, requests: 1, words: "plain HTTP on a TLS port"},
		{row: "27", name: "HTTP/2 preface", script: then(raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), fin), verdict: Ambiguous, requests: 1, words: "not a proper HTTP answer"},
	}
}

func shapeCases() []faultCase {
	cases := []faultCase{
		{row: "23", name: "200, login page", script: answer(200, "text/html", "<!DOCTYPE html><form>"), verdict: Ambiguous, requests: 1, words: "200, but the answer is not this API's: it is not JSON"},
		{row: "23", name: "200, login page said to be JSON", script: answer(200, jsonType, "<!DOCTYPE html><form>"), verdict: Ambiguous, requests: 1, words: "it is not a JSON object"},
		{row: "24", name: "200, array", script: answer(200, jsonType, "[1]"), verdict: Ambiguous, requests: 1, words: "it is not a JSON object"},
		{row: "24", name: "200, other value", script: answer(200, jsonType, `{"max_assertions_per_sec":2000}`), verdict: Ambiguous, requests: 1, words: "its max_assertions_per_sec is not the one that was sent"},
		{row: "24", name: "200, value as text", script: answer(200, jsonType, `{"max_assertions_per_sec":"500"}`), verdict: Ambiguous, requests: 1, words: "is not the one that was sent"},
		{row: "24", name: "200, no echo", script: answer(200, jsonType, `{"ok":true}`), verdict: Ambiguous, requests: 1, words: "it does not repeat max_assertions_per_sec"},
		{row: "24", name: "200 with an error", script: answer(200, jsonType, `{"max_assertions_per_sec":500,"error":"disk full"}`), verdict: Ambiguous, requests: 1, words: "it reports an error despite its status (disk full)"},
		{row: "24", name: "200, two objects", script: answer(200, jsonType, echo+echo), verdict: Ambiguous, requests: 1, words: "it is not a JSON object"},
		{row: "25", name: "200, empty", script: answer(200, jsonType, ""), verdict: Ambiguous, requests: 1, words: "its body is empty"},
		{row: "25", name: "204", script: answer(204, "", ""), verdict: Ambiguous, requests: 1, words: "204 is not what this endpoint answers"},
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		cases = append(cases, faultCase{
			row: "21", name: fmt.Sprint(status, ", same host"), script: answer(status, "", "", "Location: /elsewhere"),
			verdict: Rejected, requests: 1, words: "a redirect, which is not followed", after: wantElsewhere(false),
		})
	}
	return cases
}

func connectionCases() []faultCase {
	return []faultCase{
		{row: "22", name: "307 to another host", arrange: toAnother, verdict: Rejected, requests: 1, words: "a redirect, which is not followed, to http://127.0.0.1:", after: wantElsewhere(true)},
		{row: "26", name: "TLS, good", arrange: overTLS(loopback()), script: answer(200, jsonType, echo), verdict: Accepted, requests: 1, words: "accepted"},
		{row: "26", name: "untrusted certificate", arrange: untrusted, verdict: NotSent, words: "not sent: its certificate is signed by an unknown authority"},
		{row: "26", name: "expired certificate", arrange: overTLS(&x509.Certificate{IPAddresses: loopback().IPAddresses, NotAfter: time.Now().Add(-time.Hour)}), verdict: NotSent, words: "its certificate is not valid now"},
		{row: "26", name: "certificate of another name", arrange: overTLS(&x509.Certificate{DNSNames: []string{"other"}}), verdict: NotSent, words: "its certificate is not for 127.0.0.1"},
		{row: "27", name: "TLS to a plain port", arrange: schemeOf("https"), verdict: NotSent, words: "not sent: connection closed during the TLS handshake"},
		{row: "27", name: "silent port, TLS", arrange: silent, limits: Limits{TLS: 200 * time.Millisecond}, verdict: NotSent, words: "connected, but no TLS handshake within 200ms"},
		{row: "28", name: "host name not known", arrange: unknownName, limits: Limits{Dial: 2 * time.Second}, verdict: NotSent, words: "not sent: "},
		{row: "28", name: "connection refused", arrange: refused, verdict: NotSent, words: "not sent: connection refused"},
		{row: "29", name: "another address than at the preview", arrange: otherAddress, verdict: NotSent, words: "another server answers than at the preview"},
		{row: "29", name: "another certificate than at the preview", arrange: otherCertificate, verdict: NotSent, words: "another server answers than at the preview"},
	}
}

func TestFaults(t *testing.T) {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "A6\tcase\trequests\tverdict\tread back\twords")
	for _, c := range faultCases() {
		t.Run(c.row+" "+c.name, func(t *testing.T) {
			s := startFault(t, nil, c.script)
			requests, r, back := c.run(t, s)
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", c.row, c.name, requests, r.Verdict, back, r.Summary())
			c.check(t, requests, r, back)
		})
	}
	w.Flush()
	t.Log("\n" + table.String())
}

// run sends the throttle once and reads back where the case asks for it.
func (c faultCase) run(t *testing.T, s *faultServer) (requests int, r Result, back string) {
	o, peer := Options{URL: "http://" + s.addr()}, Peer{}
	if c.arrange != nil {
		o, peer = c.arrange(t, s)
	}
	o.Limits = c.limits
	client := newClient(t, o)
	before := memory()
	r = throttle(t, client, 500, peer)
	if grown := memory() - before; grown > 8<<20 {
		t.Errorf("%d bytes were allocated for one answer", grown)
	}
	if c.readBack != "" {
		limit, read := client.ReadRateLimit(t.Context())
		if read.Failure != nil {
			t.Fatal(read.Failure)
		}
		back = fmt.Sprint(limit.PerSecond)
	}
	return s.counted(), r, back
}

func (c faultCase) check(t *testing.T, requests int, r Result, back string) {
	t.Helper()
	if r.Verdict != c.verdict || requests != c.requests || back != c.readBack {
		t.Errorf("%s with %d requests, read back %q; want %s, %d, %q: %s", r.Verdict, requests, back, c.verdict, c.requests, c.readBack, r.Summary())
	}
	if !strings.Contains(r.Summary().String(), c.words) {
		t.Errorf("%q lacks %q", r.Summary(), c.words)
	}
	if (r.Failure == nil) != (c.verdict == Accepted) {
		t.Errorf("failure %v with %s", r.Failure, r.Verdict)
	}
	if c.after != nil {
		c.after(t, r)
	}
}

func memory() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func newClient(t testing.TB, o Options) *Client {
	t.Helper()
	if o.Limits.Header == 0 {
		o.Limits.Header, o.Limits.Total = 20*time.Second, 20*time.Second
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func throttle(t testing.TB, c *Client, n int64, p Peer) Result {
	t.Helper()
	r, err := c.RateLimit(n)
	if err != nil {
		t.Fatal(err)
	}
	return c.Send(context.Background(), Send{Request: r, Confirmed: r.Digest(), ID: "test-1", Peer: p})
}
