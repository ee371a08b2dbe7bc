package metrics

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// serveEnv makes the test binary a server, so that benchmarks measure the
// client alone.
const serveEnv = "STEMETOP_TEST_SERVE"

// serveForBenchmarks serves a replica's exposition of 500 series until standard
// input ends, under /gzip packed as well.
func serveForBenchmarks() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("http://" + l.Addr().String())
	text := []byte(exposition(500))
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write(text)
	_ = w.Close()
	http.HandleFunc("/gzip", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", plain)
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(z.Bytes())
	})
	http.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", plain)
		w.Header().Set("Content-Length", fmt.Sprint(len(text)))
		_, _ = w.Write(text)
	})
	go func() { _ = http.Serve(l, nil) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// benchServer starts the server and returns its URL.
func benchServer(b *testing.B) string {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serveEnv+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(url)
}

// cpu returns the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchmarkScrape(b *testing.B, path string) {
	c := open(b, benchServer(b)+path)
	collect(b, c)
	b.ReportAllocs()
	before := cpu()
	for b.Loop() {
		if r, _ := collect(b, c); r.Err != nil {
			b.Fatal(r.Err)
		}
	}
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// Budget: 300 µs of this process' processor time for a replica of 500 series
// over loopback, which leaves half of 600 ms/s to the rest at 1,000 a second.
func BenchmarkScrape(b *testing.B) { benchmarkScrape(b, "/metrics") }

// Packed; the same budget.
func BenchmarkScrapeGzip(b *testing.B) { benchmarkScrape(b, "/gzip") }

// Budget: 30 kB for an idle target with its connection, stacks included.
func BenchmarkIdleTargets(b *testing.B) {
	url := benchServer(b)
	const targets = 500
	for b.Loop() {
		b.StopTimer()
		before := memory()
		cs := make([]*Collector, targets)
		for i := range cs {
			cs[i] = open(b, url)
		}
		b.StartTimer()
		var all sync.WaitGroup
		for _, c := range cs {
			all.Go(func() {
				if r, _ := collect(b, c); r.Err != nil {
					b.Error(r.Err)
				}
			})
		}
		all.Wait()
		b.StopTimer()
		b.ReportMetric(float64(memory()-before)/targets, "B/target")
		b.ReportMetric(float64(runtime.NumGoroutine())/targets, "goroutines/target")
		for _, c := range cs {
			_ = c.Close()
		}
		b.StartTimer()
	}
}

// memory returns what heap and stacks hold after a collection.
func memory() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
