package main

import (
	"strings"
	"testing"

	"github.com/stemedb/stemetop/actions/admin/admintest"
)

// What a person does at night, on a real terminal, key by key; the number of keys
// is what it takes.

// says begins the line of a dialog that tells what a key did.
const says = `│ {10}`

// The disk of a replica is slow: less to apply cures it.
func TestThrottleCuresADisk(t *testing.T) {
	t.Parallel()
	s := newSession(t, 80, 24)
	s.press("stemetop demo --scenario disk --speed 4 --interval 2s --no-record; echo left with $?", "Enter")
	s.see(`CRIT \S +node2 is .* behind`)

	// Nothing but y takes it, and esc means no.
	s.press("t")
	s.see(`POST http://\S+/v1/admin/rate-limit`)
	s.press("Enter")
	s.gone(`esc cancels`)
	s.press("t")
	rate := s.see(`throttle ingest to (\d+)/s`)[1]
	s.escape()
	if strings.Contains(s.screen(), "limit "+rate) {
		t.Fatalf("esc has set a limit:\n%s", s.screen())
	}

	s.press("t")
	rate = s.see(`throttle ingest to (\d+)/s`)[1]
	s.see(`max_assertions_per_sec":` + rate + `}`)
	s.confirm(`answer +accepted`)
	s.see(`effect +effective after`)
	s.escape()
	s.see(`limit ` + rate + `/s, \S+, since \d\d:\d\d`)
	s.see(`all 4 replicas are within 5 s`)

	// A limit that stands is named before the program goes.
	s.press("q")
	s.see(`limit ` + rate + `/s, \S+, since \d\d:\d\d stands`)
	s.press("n")
	s.gone(`y quits`)
	s.press("q")
	s.see(`y quits`)
	s.confirm(`left with 0`)
}

// Who goes while a request is on its way is told what is not known of it.
func TestQuitInFlight(t *testing.T) {
	t.Parallel()
	silent := admintest.Start(t, nil, admintest.Hang)
	s := newSession(t, 100, 30)
	s.press("stemetop --config "+line(t, "http://"+silent.Addr())+" --no-record; echo left with $?", "Enter")
	s.see(`CRIT \S +node3 is .* behind`)
	s.press("t")
	rate := s.see(`throttle ingest to (\d+)/s`)[1]
	s.confirm(`waiting for the answer`)
	s.press("q")
	s.see(`y quits`)
	s.confirm(`note: throttle ingest to ` + rate + `/s: it is not known whether it took effect`)
	s.see(`left with 0`)
}

// A breaker has tripped for a reason that is gone: one reset, armed first.
func TestResetCuresABreaker(t *testing.T) {
	t.Parallel()
	s := newSession(t, 120, 40)
	s.press("stemetop demo --scenario breaker --speed 4 --interval 2s --no-record; echo left with $?", "Enter")
	s.see(`CRIT \S +node4 is .* behind`)
	s.see(`BREAKER, likely`)
	s.press("b")
	s.see(`reset the breaker of \S*node4`)
	s.see(`circuit-breaker/reset`)
	s.press("y") // not armed
	s.see(says + `esc cancels`)
	s.confirm(`answer +accepted`)
	s.see(`effect +effective after`)
	s.escape()
	s.see(`all 4 replicas are within 5 s`)
	s.press("q")
	s.see(`left with 0`)
}

// A sync is started by hand, and its bar runs to the end.
func TestSyncToItsEnd(t *testing.T) {
	t.Parallel()
	s := newSession(t, 120, 40)
	s.press("stemetop demo --scenario healthy --speed 4 --interval 2s --no-record; echo left with $?", "Enter")
	s.see(`^ ▶ .* node2 `)
	s.see(`idle +100 %`)
	const running = `│ not done [^│]*(is running already)` // the cluster begins one by itself now and then
	start := func() bool {
		s.press("s")
		return s.see(`"replica_id":"node2"|` + running)[1] == "" && s.confirm(`answer +accepted|` + running)[1] == ""
	}
	for !start() {
		s.escape()
		s.see(`idle +100 %`)
	}
	s.see(`running +\d+ %`)
	s.see(`effect +effective after`)
	s.escape()
	s.see(`idle +100 %`)
	s.press("q")
	s.see(`left with 0`)
}

// Syncs that begin and fail all the time are cured by a forced one, though its
// word takes longer to type than they last.
func TestAForcedSyncCuresOnesThatFail(t *testing.T) {
	t.Parallel()
	s := newSession(t, 120, 40)
	s.press("stemetop demo --scenario sync-errors --speed 4 --interval 2s --no-record; echo left with $?", "Enter")
	s.see(`node3 is .* behind, over 60 s`) // a lag that gets there meanwhile takes a confirmation back
	s.press("x")
	s.see(`force a Merkle sync of node3`)
	s.press("j", "j", "Enter")
	s.see(`"replica_id":"node3","force":true`)
	s.confirm(`answer +accepted`)
	s.seeWithin(2*slow, `effect +effective after`)
	s.escape()
	s.see(`all 4 replicas are within 5 s`)
	s.press("q")
	s.see(`left with 0`)
}

// A ramp goes up step by step while all is well, and one step back when it is not.
func TestRampStepsBack(t *testing.T) {
	t.Parallel()
	s := newSession(t, 120, 40)
	s.press("stemetop demo --scenario disk --speed 10 --interval 5s --no-record; echo left with $?", "Enter")
	s.see(`CRIT \S +node2 is .* behind`)
	s.press("t")
	s.see(`throttle ingest to`)
	s.press("1", "0", "0")
	s.see(`max_assertions_per_sec":100}`)
	s.confirm(`effect +effective after`)
	s.escape()
	s.see(`all 4 replicas are within 5 s`)

	// 2000 is more than the slow disk takes.
	s.press("r")
	s.see(`ramp ingest 500, 1000, 2000/s`)
	s.confirm(`answer +accepted`) // esc before that would stop it
	s.escape()
	s.see(`ramp: step 1 of 3, 500/s`)
	back := s.seeWithin(5*slow, `stepped back to (\d+)/s`)[1]
	s.see(`limit ` + back + `/s, \S+, since`)
	s.press("q")
	s.see(`y quits`)
	s.confirm(`left with 0`)
}
