package admin

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/stemedb/stemetop/sources/cluster"
)

// refusals are the statuses by which a server says that it did nothing. Of any
// other the request may have taken effect: a gateway's 504 often means that it
// did.
var refusals = map[int]struct {
	kind       cluster.FailureKind
	what, hint string
}{
	400: {cluster.FailStatus, "the server does not understand the request", "is it another version of StemeDB?"},
	401: {cluster.FailAuth, "the server does not know who asks", "renew admin.token_file, then plan the action anew"},
	402: {cluster.FailStatus, "refused", ""},
	403: {cluster.FailAuth, "not permitted", "this token may not do it; ask who may"},
	404: {cluster.FailMissing, "not found", "is the id right, and has this version of StemeDB this endpoint?"},
	405: {cluster.FailMissing, "the endpoint does not do this", "is it another version of StemeDB?"},
	406: {cluster.FailStatus, "the server has no answer in JSON", "is this the admin API?"},
	407: {cluster.FailAuth, "the proxy does not know who asks", "put user and password into admin.proxy"},
	409: {cluster.FailStatus, "the server's state is not what the request presumes", "look at the present values, then plan the action anew"},
	410: {cluster.FailMissing, "the endpoint is gone", "is it another version of StemeDB?"},
	411: {cluster.FailStatus, "refused", ""},
	412: {cluster.FailStatus, "the server's state is not what the request presumes", "look at the present values, then plan the action anew"},
	413: {cluster.FailTooLarge, "the request is too large for the server", ""},
	414: {cluster.FailTooLarge, "the URL is too long for the server", ""},
	415: {cluster.FailStatus, "the server does not take JSON here", "is it another version of StemeDB?"},
	421: {cluster.FailStatus, "this server does not serve that name", "check admin.url"},
	422: {cluster.FailStatus, "the server does not take this value", ""},
	426: {cluster.FailStatus, "the server wants another protocol", "is it https?"},
	428: {cluster.FailStatus, "the server wants a condition with the request", "is it another version of StemeDB?"},
	429: {cluster.FailBusy, "too many requests", ""},
	431: {cluster.FailTooLarge, "the request's header is too large for the server", "is the token right?"},
}

// judge turns what was received into a verdict. The order matters: a status
// counts only after its whole answer.
func judge(got received, r Request) Result {
	res := Result{Peer: got.peer, Timing: got.timing}
	if got.status != 0 {
		res.Answer = got.answer()
		res.Reason = got.reason()
	}
	switch {
	case got.err != nil && !got.wrote:
		res.Verdict = NotSent
		res.Failure = got.failure()
	case got.err != nil:
		res.Verdict = Ambiguous
		res.Failure = got.failure()
	default:
		got.judgeStatus(&res, r)
	}
	return res
}

func (got *received) answer() Answer {
	a := Answer{
		Status:      got.status,
		ContentType: got.scrub.text(got.header.Get("Content-Type"), 64),
		Bytes:       len(got.body),
		Whole:       got.err == nil,
		SHA256:      digest(got.body),
	}
	if at, err := http.ParseTime(got.header.Get("Date")); err == nil {
		a.Date = at
	}
	a.RetryAfter = got.retryAfter(a.Date)
	return a
}

// judgeStatus judges a whole answer.
func (got *received) judgeStatus(res *Result, r Request) {
	rule, refused := refusals[got.status]
	switch {
	case got.status >= 200 && got.status < 300:
		got.judgeSuccess(res, r)
	case got.status >= 300 && got.status < 400:
		got.judgeRedirect(res, r)
	case refused:
		res.Verdict = Rejected
		res.Changed = got.status == http.StatusConflict || got.status == http.StatusPreconditionFailed
		res.Failure = cluster.Fail(rule.kind, fmt.Sprintf("%d, %s", got.status, rule.what), res.Answer.RetryAfter.hint(rule.hint))
	case got.status == http.StatusServiceUnavailable && got.ownError():
		res.Verdict = Rejected
		res.Failure = cluster.Fail(cluster.FailBusy, "503, the server can't do it now", res.Answer.RetryAfter.hint(""))
	case got.status >= 500:
		res.Verdict = Ambiguous
		res.Failure = cluster.Fail(cluster.FailStatus, fmt.Sprintf("%d, the server or a proxy failed on it", got.status), hintReadBack)
	default:
		res.Verdict = Ambiguous
		res.Failure = cluster.Fail(cluster.FailStatus, fmt.Sprintf("%d, which says nothing of its effect", got.status), hintReadBack)
	}
}

const (
	hintReadBack = "see what the cluster does before it is sent again"
	hintNotAPI   = "this may not be the admin API but a proxy or a login page: check admin.url"
)

func (got *received) judgeSuccess(res *Result, r Request) {
	wrong := r.shape.mismatch(got.status, got.header.Get("Content-Type"), r.body, got.body)
	if wrong == "" {
		res.Verdict, res.Reason = Accepted, cluster.Text{}
		res.Pending = got.status == http.StatusAccepted
		return
	}
	res.Verdict = Ambiguous
	res.Failure = cluster.Fail(cluster.FailFormat, fmt.Sprintf("%d, but the answer is not this API's: %s", got.status, wrong), hintNotAPI)
}

// judgeRedirect names the host of a redirect, which is not followed: it would
// carry the body and the token there.
func (got *received) judgeRedirect(res *Result, r Request) {
	res.Verdict = Rejected
	what, hint := fmt.Sprintf("%d, a redirect, which is not followed", got.status), "check scheme, host and path of admin.url"
	from, err := url.Parse(r.url)
	to, err2 := url.Parse(got.header.Get("Location"))
	if err == nil && err2 == nil && to.Host != "" {
		to = from.ResolveReference(to)
		res.Elsewhere = to.Host != from.Host
		what += ", to " + got.scrub.text(to.Scheme+"://"+to.Host, 128).String()
	}
	if res.Elsewhere {
		hint = "ANOTHER HOST: it may be a login page, or somebody between; " + hint
	}
	res.Failure = cluster.Fail(cluster.FailRedirect, what, hint)
}

// failure names what kept the answer from being whole.
func (got *received) failure() *cluster.Failure {
	var f *cluster.Failure
	if errors.As(got.err, &f) {
		return f
	}
	c := got.cause()
	return &cluster.Failure{Kind: c.kind, What: got.scrub.text(c.what, cluster.MaxText), Hint: cluster.Clean(c.hint)}
}
