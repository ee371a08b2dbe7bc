// Package remote runs scripts of this program on a host: it starts /bin/sh there
// over a Transport (package ssh has two), sends the script on its standard input,
// and hears what the script says.
//
// Every script keeps to one manner, so that a server may compare it byte for
// byte, and nothing stays behind when the monitor dies:
//
//   - it is constant bytes, whole in one function, so that it is parsed to its end
//     before anything runs; what varies follows as lines on standard input;
//   - it gets a nonce as $1 and says `@NONCE HELLO 1 OS` first, where OS is what
//     uname -s says: all before that is noise of the login. Lines that begin with
//     @NONCE are frames; no text of the host's can forge one;
//   - it blocks in a read of standard input when it has nothing to do, and ends
//     when that ends, with whatever it started;
//   - it puts $STEMETOP_PATH, if there is one, before a fixed PATH: tools may be
//     elsewhere in a container.
package remote
