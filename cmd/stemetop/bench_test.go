package main

import (
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
)

// These measure the whole program from outside: it runs on a terminal, watches
// an embedded cluster over HTTP and SSH, and the kernel tells what it uses. One
// iteration is one life of the process.
//
//	go test ./cmd/stemetop -run '^$' -bench Process -benchtime 1x
//
// Memory grows in the first minutes: STEMETOP_BENCH_WARM=10m is what the budgets
// of memory are about.

// window is how long is looked at without a key.
const window = 10 * time.Second

// warm is how long the program runs before that.
func warm(b *testing.B) time.Duration {
	b.Helper()
	d := config.Duration(4 * time.Second)
	if word := os.Getenv("STEMETOP_BENCH_WARM"); word != "" {
		if err := d.Set(word); err != nil {
			b.Fatal(err)
		}
	}
	return d.D()
}

// lag is the first lag on screen: a number with its unit beside a replica.
var lag = regexp.MustCompile(`node\d+ +\d+\.\d s`)

// BenchmarkProcessStart measures from the start of the process to what a person
// sees: 60 ms to the first text, 150 ms to the first lag, in whatever state all
// the other targets are.
func BenchmarkProcessStart(b *testing.B) {
	for name, prepare := range map[string]func(*rig){
		"healthy":     func(*rig) {},
		"black-holed": (*rig).silence,
	} {
		b.Run(name, func(b *testing.B) {
			r := newRig(b, 12, 6)
			prepare(r)
			var texts, lags []float64
			for b.Loop() {
				p := launch(b, 120, 40, r.command())
				lags = append(lags, milliseconds(p.until(lag)))
				texts = append(texts, milliseconds(p.now().first.Sub(p.began)))
				p.stop()
			}
			text, textWorst := median(texts)
			first, firstWorst := median(lags)
			budget(b, "ms to text", text, 60)
			budget(b, "ms to lag", first, 150)
			b.ReportMetric(textWorst, "ms-to-text-max")
			b.ReportMetric(firstWorst, "ms-to-lag-max")
		})
	}
}

// limits are the budgets of a scene.
type limits struct{ cpu, rss, output float64 } // ms/s, MB, B/s

// BenchmarkProcess runs the program with so many replicas and hosts at 1 s.
func BenchmarkProcess(b *testing.B) {
	for _, c := range []struct {
		name            string
		replicas, hosts int
		w, h            int
		prepare         func(*rig)
		limits          limits
	}{
		{"12 replicas, 6 hosts", 12, 6, 120, 40, func(*rig) {}, limits{20, 25, 3500}},
		{"1000 replicas", 1000, 0, 200, 60, func(*rig) {}, limits{600, 150, 20e3}},
		{"1000 from the primary", 1000, 0, 200, 60, (*rig).primaryOnly, limits{60, 150, 20e3}},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := newRig(b, c.replicas, c.hosts)
			c.prepare(r)
			for b.Loop() {
				p := launch(b, c.w, c.h, r.command())
				p.until(lag)
				p.steady(c.limits)
				p.keys(500) // of a hundred the 99th percentile is the worst one
				if c.replicas == 12 {
					p.storm(c.w, c.h)
				}
				p.stop()
			}
		})
	}
}

// BenchmarkProcessPerReplica measures what one more replica costs, which must be
// as much with a thousand as with ten.
func BenchmarkProcessPerReplica(b *testing.B) {
	sizes := []int{10, 100, 1000}
	for b.Loop() {
		var cost []float64
		for _, n := range sizes {
			r := newRig(b, n, 0)
			p := launch(b, 120, 40, r.command())
			p.until(lag)
			time.Sleep(warm(b))
			cost = append(cost, p.use(window))
			p.stop()
		}
		few := (cost[1] - cost[0]) / 90
		many := (cost[2] - cost[1]) / 900
		b.ReportMetric(cost[0], "ms/s-of-10")
		b.ReportMetric(cost[1], "ms/s-of-100")
		b.ReportMetric(cost[2], "ms/s-of-1000")
		b.ReportMetric(few*1000, "µs/s-each-to-100")
		budget(b, "µs/s each to 1000", many*1000, 1.5*few*1000)
	}
}

// use returns the CPU that the program uses for a while, in ms/s.
func (p *process) use(d time.Duration) float64 {
	before, from := p.cpu(), time.Now()
	time.Sleep(d)
	return milliseconds(p.cpu()-before) / time.Since(from).Seconds()
}

// steady measures what the program costs while nobody touches it: of CPU the
// least of three windows, since what else the machine does only adds to it.
func (p *process) steady(most limits) {
	time.Sleep(warm(p.B))
	cpu := min(p.use(window), p.use(window))
	was := p.now()
	cpu = min(cpu, p.use(window))
	is := p.now()
	budget(p.B, "cpu ms/s", cpu, most.cpu)
	budget(p.B, "B/s", float64(is.bytes-was.bytes)/window.Seconds(), most.output)
	// One frame per reading, and one more where the window cuts.
	budget(p.B, "frames/s", float64(is.frames-was.frames)/window.Seconds(), 1.1)
	budget(p.B, "MB rss", p.memory("status", "VmRSS"), most.rss)
	p.ReportMetric(p.memory("status", "VmHWM"), "MB-peak")
	p.ReportMetric(p.memory("smaps_rollup", "Pss"), "MB-pss")
}

// keys presses keys at random phases and measures until the screen has changed.
// Now and then a reading comes in between and passes for an answer, too rarely
// to move the figures.
func (p *process) keys(n int) {
	var took []float64
	for i := range n {
		time.Sleep(20*time.Millisecond + rand.N(60*time.Millisecond))
		before, _ := p.written()
		begun := time.Now()
		p.press([]string{"j", "k"}[i%2])
		for {
			if now, at := p.written(); now != before {
				took = append(took, milliseconds(at.Sub(begun)))
				break
			}
			if time.Since(begun) > 5*time.Second {
				p.Fatalf("a key has no effect:\n%s", p.now().text)
			}
			time.Sleep(100 * time.Microsecond)
		}
	}
	middle, _ := median(took)
	budget(p.B, "ms key", middle, 20)
	budget(p.B, "ms key p99", quantile(took, 0.99), 60)
}

// landmarks are what stands at the same place however the figures change.
var landmarks = []string{" demo ", "── replicas", "── lag of", "── host of", "── merkle sync", "? help"}

func places(text string) string {
	var b strings.Builder
	for y, line := range strings.Split(text, "\n") {
		for _, mark := range landmarks {
			if i := strings.Index(line, mark); i >= 0 {
				b.WriteString(mark + " in line " + strconv.Itoa(y) + "\n")
			}
		}
	}
	return b.String()
}

// storm changes the size a hundred times in a second, as a window does that is
// dragged, and then back.
func (p *process) storm(w, h int) {
	was := p.now()
	for range 100 {
		p.setSize(20+rand.N(141), 5+rand.N(56))
		time.Sleep(10 * time.Millisecond)
	}
	p.setSize(w, h)
	end := time.Now()
	for quiet := end; time.Since(quiet) < 150*time.Millisecond; time.Sleep(time.Millisecond) {
		if _, at := p.written(); at.After(quiet) {
			quiet = at
		}
	}
	is := p.now()
	budget(p.B, "storm B", float64(is.bytes-was.bytes), 150e3)
	budget(p.B, "ms storm settles", max(0, milliseconds(is.at.Sub(end))), 50)
	if !p.alive() {
		p.Fatal("the program has died")
	}
	if got, want := places(is.text), places(was.text); got != want || !strings.Contains(want, "lag of") {
		p.Errorf("after the storm:\n%s\n%s\nbefore it:\n%s", is.text, got, want)
	}
}

func (p *process) setSize(w, h int) {
	p.resize(w, h)
	if err := pty.Setsize(p.master, winsize(w, h)); err != nil {
		p.Fatal(err)
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
