package host

import (
	"strconv"

	"github.com/stemedb/stemetop/sources/remote"
)

// maxAnswer is the most bytes that an answer may have: beyond it the session is
// closed.
const maxAnswer = 1 << 20

// section is one part of an answer: the lines between its B and its E frame.
type section struct {
	name string
	rc   int // see script.sh
	body []byte
}

// answer is the complete answer to a tick.
type answer struct {
	tick     uint64
	sections []section
}

// section returns the named section, or nil.
func (a *answer) section(name string) *section {
	for i := range a.sections {
		if a.sections[i].name == name {
			return &a.sections[i]
		}
	}
	return nil
}

// frames reads answers. Whatever comes outside a section is noise of the login
// or of a job of the account, and dropped.
type frames struct{ *remote.Reader }

// next reads the next complete answer. Sections that are cut, out of order or
// of another tick are left out of it.
func (f frames) next() (answer, error) {
	var a answer
	var open section
	size := 0
	for {
		line, err := f.Line()
		if err != nil {
			return answer{}, err // a last line without its newline is incomplete too
		}
		if size += len(line); size > maxAnswer {
			return answer{}, errAnswerTooLarge
		}
		words, ok := f.Frame(line)
		switch {
		case !ok && open.name != "":
			open.body = append(open.body, line...)
		case !ok:
			size -= len(line) // noise between sections
		case f.step(&a, &open, words):
			return a, nil
		}
	}
}

// step takes in one frame and tells whether the answer is complete.
func (f frames) step(a *answer, open *section, words [][]byte) bool {
	if len(words) < 2 {
		return false
	}
	tick, err := strconv.ParseUint(string(words[1]), 10, 64)
	if err != nil {
		return false
	}
	if tick != a.tick { // the rest of another tick
		*a = answer{tick: tick}
		*open = section{}
	}
	switch string(words[0]) {
	case "B":
		*open = section{}
		if len(words) == 3 {
			open.name = string(words[2])
		}
	case "E":
		if len(words) == 4 && open.name != "" && open.name == string(words[2]) {
			if rc, err := strconv.Atoi(string(words[3])); err == nil {
				open.rc = rc
				a.sections = append(a.sections, *open)
			}
		}
		*open = section{}
	case "D":
		return true
	}
	return false
}
