package actions

import "time"

// The times of the keyboard's guard, by the hand's clock.
const (
	guardTime  = 600 * time.Millisecond // from the first paint to the first key that confirms
	keyGap     = 150 * time.Millisecond // between a key and one that confirms
	burstGap   = 30 * time.Millisecond  // three keys closer than that are no fingers
	quarantine = 500 * time.Millisecond // after a paste
	armedFor   = 10 * time.Second       // without a further key
	dialogFor  = 2 * time.Minute        // without any key, before anything was confirmed
	maxTries   = 3                      // wrong words
)

// guard watches how keys come in.
type guard struct {
	before  time.Duration // the key before the last one
	last    time.Duration
	any     bool
	quick   int           // keys in a row that came too fast for fingers
	quiet   time.Duration // no key confirms before
	blurred bool
	small   bool
}

// key notes a key.
func (g *guard) key(at time.Duration) {
	if g.any && at-g.last < burstGap {
		g.quick++
	} else {
		g.quick = 0
	}
	g.before, g.last = g.last, at
	if !g.any {
		g.before = at - keyGap
	}
	g.any = true
}

// burst tells whether the last keys came as a paste or a queue would.
func (g *guard) burst() bool { return g.quick >= 2 }

// holds says why a key does not confirm now; empty if it may.
func (g *guard) holds(d *Dialog, k Key, at time.Duration) string {
	switch {
	case g.blurred:
		return "the terminal has no focus"
	case g.small:
		return "enlarge the terminal to go on"
	case k.Repeat:
		return "a key that is held confirms nothing"
	case d.painted < 0 || at-d.painted < guardTime:
		return "too soon: look at it first"
	case at < g.quiet:
		return "too soon after a paste"
	case g.burst():
		return "keys came faster than fingers"
	case at-g.before < keyGap:
		return "too fast after the key before it"
	}
	return ""
}
