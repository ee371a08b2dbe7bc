package web

// Words are what hints call the configuration of a target.
type Words struct {
	Section  string // the one with timeout, ca_file, token_file and so on: "http"
	WrongURL string // hint for an answer that can't be what is read there
}
