package sshtest

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Kill ends the server and all below it, as a power cut would but for the
// TCP resets. It may be called more than once.
func (s *Server) Kill() {
	if s.dead() {
		return
	}
	// The tree first: a child of a dead listener can't be told from any other process.
	family := append([]int{s.cmd.Process.Pid}, s.Processes()...)
	for _, pid := range family {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
	}
	<-s.done
}

// Sessions returns the ids of the sshd processes that serve connections, those
// before authentication among them.
func (s *Server) Sessions() []int {
	var pids []int
	for _, pid := range s.Processes() {
		if name, _, ok := stat(pid); ok && strings.HasPrefix(name, "sshd") {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Processes returns the ids of all processes below the listener, the remote
// commands among them.
func (s *Server) Processes() []int {
	children := map[int][]int{}
	entries, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		if pid, err := strconv.Atoi(filepath.Base(e)); err == nil {
			if _, parent, ok := stat(pid); ok {
				children[parent] = append(children[parent], pid)
			}
		}
	}
	var below []int
	for next := children[s.cmd.Process.Pid]; len(next) > 0; next = next[1:] {
		below = append(below, next[0])
		next = append(next, children[next[0]]...)
	}
	return below
}

// Stop halts a process of the server (SIGSTOP): its connection stays open and
// silent, as that of a host that hangs.
func (s *Server) Stop(pid int) { s.signal(pid, syscall.SIGSTOP) }

// Cont lets a stopped process go on.
func (s *Server) Cont(pid int) { s.signal(pid, syscall.SIGCONT) }

// StopSessions halts all that serve connections; the listener goes on.
func (s *Server) StopSessions() {
	for _, pid := range s.Sessions() {
		s.Stop(pid)
	}
}

func (s *Server) signal(pid int, sig syscall.Signal) {
	s.t.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		s.t.Fatalf("%v to %d: %v", sig, pid, err)
	}
}

// stat returns the name and the parent of a process.
func stat(pid int) (name string, parent int, ok bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", 0, false
	}
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return "", 0, false
	}
	fields := strings.Fields(string(b[end+1:]))
	if len(fields) < 2 {
		return "", 0, false
	}
	parent, err = strconv.Atoi(fields[1])
	return string(b[open+1 : end]), parent, err == nil
}
