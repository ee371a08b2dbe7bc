package tui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/stemedb/stemetop/sources/cluster"
)

// TestMain runs the tests, or the screen itself on a synthetic cluster where
// STEMETOP_TUI names a scene: tests run their own binary in a pseudo terminal,
// and so may any tool that measures programs from outside.
func TestMain(m *testing.M) {
	switch scene := os.Getenv("STEMETOP_TUI"); scene {
	case "":
		goleak.VerifyTestMain(m)
	case "shell":
		os.Exit(runShell())
	default:
		os.Exit(runScene(scene))
	}
}

// runScene runs Run as the program would. Scenes: live, panic.
func runScene(scene string) int {
	start := time.Now()
	n, _ := strconv.Atoi(os.Getenv("STEMETOP_REPLICAS"))
	changed := make(chan struct{}, 1)
	changed <- struct{}{}
	go func() { // one round of readings per second
		for range time.Tick(time.Second) {
			select {
			case changed <- struct{}{}:
			default:
			}
		}
	}()
	tl := &fakeTimeline{replicas: max(n, 12), hosts: 6, from: start.Add(-time.Hour), to: time.Now}
	o := Options{Timeline: tl, Clock: wallClock{}, Changed: changed, SetInterval: func(time.Duration) {}, AddNote: func(cluster.Text) {}}
	var late atomic.Bool
	time.AfterFunc(700*time.Millisecond, func() { late.Store(true) })
	if scene == "panic" {
		o.Timeline = panicking{tl, &late}
	}
	return exitCode(Run(context.Background(), o))
}

func exitCode(err error) int {
	var sig *SignalError
	var p *PanicError
	switch {
	case errors.As(err, &sig):
		return 128 + int(sig.Signal)
	case errors.As(err, &p):
		fmt.Fprintln(os.Stderr, p.Details())
		return 70
	case err != nil:
		fmt.Fprintln(os.Stderr, "error:", err)
		return 70
	}
	return 0
}

// panicking panics in Update as soon as it is late.
type panicking struct {
	Timeline
	late *atomic.Bool
}

func (p panicking) Latest(now func() time.Time) *cluster.Snapshot { return p.At(now()) }

func (p panicking) At(t time.Time) *cluster.Snapshot {
	if p.late.Load() {
		panic("no such instant")
	}
	return p.Timeline.At(t)
}

// runShell is the least of a shell with job control: it runs the screen in the
// foreground, says when that stops, and resumes it when it is told to.
func runShell() int {
	signal.Ignore(syscall.SIGTTOU) // to take the terminal back from the background
	send := make(chan os.Signal, 1)
	signal.Notify(send, syscall.SIGUSR1)
	cmd := exec.Command(os.Args[0]) // this very binary
	cmd.Env = append(os.Environ(), "STEMETOP_TUI=live")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Foreground: true, Ctty: 0}
	if err := cmd.Start(); err != nil {
		return 1
	}
	pid := cmd.Process.Pid
	go func() {
		<-send
		_ = syscall.Kill(pid, syscall.SIGTSTP)
	}()
	for {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &status, syscall.WUNTRACED, nil); err != nil {
			return 1
		}
		if !status.Stopped() {
			return status.ExitStatus()
		}
		own := syscall.Getpgrp()
		_ = unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, own)
		fmt.Print("<stopped>")
		var line string
		_, _ = fmt.Scanln(&line) // "fg"
		_ = unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, pid)
		_ = syscall.Kill(-pid, syscall.SIGCONT)
	}
}
