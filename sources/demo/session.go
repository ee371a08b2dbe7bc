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

// session serves one channel: one exec of an allowed script, and nothing else.
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
	if script, why := s.admit(ch, command); why != "" {
		_, _ = io.WriteString(ch.Stderr(), "stemetop demo: refused: "+why+"\n")
	} else {
		status = s.run(ctx, ch, script, nonceOf(command))
	}
	_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(status)})) // 0 to 255
	_ = ch.Close()
}

// admit returns which script command with what stands on its standard input is,
// or why it must not run. It reads the script and not a byte more.
func (s *sshd) admit(ch io.ReadCloser, command string) (script []byte, why string) {
	if s.allowed.Command == nil || !s.allowed.Command(command) || nonceOf(command) == "" {
		return nil, "only this program's own scripts may run here, not this command"
	}
	timer := time.AfterFunc(scriptTimeout, func() { _ = ch.Close() })
	defer timer.Stop()
	if script = recognise(ch, s.allowed.Bodies); script == nil {
		return nil, "standard input is not one of this program's own scripts"
	}
	return script, ""
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

// recognise reads one of the bodies and returns it, nil as soon as it is none of
// them. An empty one is never recognised.
func recognise(r io.Reader, bodies [][]byte) []byte {
	var buf [4096]byte
	for at := 0; ; {
		least := len(buf)
		for _, b := range bodies {
			least = min(least, len(b)-at)
		}
		if least <= 0 {
			return nil
		}
		n, err := r.Read(buf[:least])
		var left [][]byte
		for _, b := range bodies {
			if !bytes.Equal(b[at:at+n], buf[:n]) {
				continue
			}
			if len(b) == at+n {
				return b
			}
			left = append(left, b)
		}
		if err != nil {
			return nil
		}
		bodies, at = left, at+n
		if len(bodies) == 0 {
			return nil
		}
	}
}
