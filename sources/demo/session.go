package demo

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// refusedStatus is what a shell returns for a command that it may not execute.
const refusedStatus = 126

// scriptTimeout is how long (real time) a client may take to send the script.
const scriptTimeout = 10 * time.Second

// session serves one channel: one exec of the allowed script, and nothing else.
// It returns when the channel is gone, with the child.
func (s *sshd) session(ctx context.Context, offer ssh.NewChannel) {
	ch, requests, err := offer.Accept()
	if err != nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	started := false
	for r := range requests {
		var exec struct{ Command string }
		if started || r.Type != "exec" || ssh.Unmarshal(r.Payload, &exec) != nil {
			_ = r.Reply(false, nil) // no PTY, no environment, no shell, no subsystem, no agent
			continue
		}
		started = true
		_ = r.Reply(true, nil)
		running.Go(func() { s.exec(ctx, ch, exec.Command) })
	}
	cancel()
	_ = ch.Close()
	running.Wait()
}

// exec runs the command if it is allowed, and says how it ended.
func (s *sshd) exec(ctx context.Context, ch ssh.Channel, command string) {
	status := refusedStatus
	if why := s.refusal(ch, command); why != "" {
		_, _ = io.WriteString(ch.Stderr(), "stemetop demo: refused: "+why+"\n")
	} else {
		status = s.run(ctx, ch, nonceOf(command))
	}
	_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(status)})) // 0 to 255
	_ = ch.Close()
}

// refusal tells why command with what stands on its standard input must not
// run; empty if it may. It reads the script and not a byte more.
func (s *sshd) refusal(ch io.ReadCloser, command string) string {
	if s.allowed.Command == nil || !s.allowed.Command(command) || nonceOf(command) == "" {
		return "only this program's own collection script may run here, not this command"
	}
	timer := time.AfterFunc(scriptTimeout, func() { _ = ch.Close() })
	defer timer.Stop()
	if !equals(ch, s.allowed.Body) {
		return "standard input is not this program's own collection script"
	}
	return ""
}

var nonce = regexp.MustCompile(`^[0-9a-f]{32}$`)

// nonceOf returns the last word of the command if it is a nonce, else "".
func nonceOf(command string) string {
	last := command[strings.LastIndexByte(command, ' ')+1:]
	if !nonce.MatchString(last) {
		return ""
	}
	return last
}

// equals reads as many bytes as want has, and stops at the first difference. An
// empty script is never allowed.
func equals(r io.Reader, want []byte) bool {
	var buf [4096]byte
	matched := len(want) > 0
	for matched && len(want) > 0 {
		n, err := r.Read(buf[:min(len(buf), len(want))])
		matched = bytes.Equal(buf[:n], want[:n]) && (err == nil || n == len(want))
		want = want[n:]
	}
	return matched
}
