package probe

import "time"

// How echoes are trusted against a port that answers.
const (
	missesUnproven = 3  // before ICMP is left alone for a while, where it never worked
	missesProven   = 10 // before ICMP that worked is doubted: 1 in 10 million at 20 % loss
	pause          = time.Minute
)

const whySilent = "no echo reply while the port answers"

// trust decides whether lost echoes are lost packets. Until the node has
// answered one they are not, where its port answers in the same round: else a
// network that drops ICMP alone would read as one that loses everything.
type trust struct {
	proven bool
	misses int           // echoes in a row unanswered while the port answered
	until  time.Duration // Mono until which none is sent
}

func (t *trust) paused(now time.Duration) bool { return now < t.until }

// judge returns why a round goes by the connect; empty where it goes by the
// echo.
func (t *trust) judge(e echo, k knock, now time.Duration) string {
	switch {
	case t.paused(now):
		return whySilent
	case e.why != "":
		return e.why
	case e.answered:
		t.proven, t.misses = true, 0
		return ""
	case !k.answered:
		return ""
	}
	t.misses++
	if t.proven && t.misses < missesProven {
		return ""
	}
	t.proven = false
	if t.misses >= missesUnproven {
		t.until = now + pause
	}
	return whySilent
}
