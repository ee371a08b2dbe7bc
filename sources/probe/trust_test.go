package probe

import (
	"testing"
	"time"
)

func TestTrust(t *testing.T) {
	const lost, back, silent, forbidden = 'l', 'a', 's', 'f' // s: neither answers
	cases := []struct {
		name, rounds string
		want         string // i: by ICMP, t: by TCP, p: by TCP and no echo is sent
	}{
		{"works", "aaaa", "iiii"},
		{"lost packets", "allalllallla", "iiiiiiiiiiii"},
		{"host down from the start", "ssss", "iiii"},
		{"dropped from the start", "lllll", "tttpp"},
		{"lost from the start", "llalla", "ttiiii"},
		{"down does not count", "lslslls", "tititpp"},
		{"dropped later", "allllllllllll", "iiiiiiiiiitpp"},
		{"not permitted", "ffff", "tttt"},
	}
	for _, c := range cases {
		var tr trust
		for i, r := range c.rounds {
			now := time.Duration(i) * time.Second
			got := byte('i')
			e := echo{answered: r == back}
			if r == forbidden {
				e.why = "not permitted"
			}
			paused := tr.paused(now)
			if why := tr.judge(e, knock{answered: r != silent}, now); paused {
				got = 'p'
			} else if why != "" {
				got = 't'
			}
			if got != c.want[i] {
				t.Errorf("%s: round %d of %s: %c, want %c", c.name, i, c.rounds, got, c.want[i])
			}
		}
	}
}

// Echoes are tried again after the pause, and believed at the first that is
// answered.
func TestTrustReturns(t *testing.T) {
	var tr trust
	for range missesUnproven {
		tr.judge(echo{}, knock{answered: true}, time.Second)
	}
	if !tr.paused(pause) || tr.paused(time.Second+pause) {
		t.Errorf("pause of %v", tr.until)
	}
	if why := tr.judge(echo{}, knock{answered: true}, time.Second+pause); why == "" || !tr.paused(2*time.Second+pause) {
		t.Error("one more miss does not pause again")
	}
	if why := tr.judge(echo{answered: true}, knock{answered: true}, time.Second+2*pause); why != "" {
		t.Errorf("an answer is not believed: %s", why)
	}
}
