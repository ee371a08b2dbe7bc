package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// methods are what a path answers to; GET serves HEAD too.
type methods map[string]http.HandlerFunc

// apiError is a refusal: status, a word for programs, a sentence for people.
type apiError struct {
	status  int
	code    string
	message string
}

// maxRequest bounds the body of a request.
const maxRequest = 64 << 10

// handler serves one node: /metrics, and the admin interface on the primary.
func handler(p *pages, node int) http.Handler {
	routes := map[string]methods{
		"/metrics": {http.MethodGet: func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, node) }},
	}
	if node == 0 {
		maps.Copy(routes, (&admin{p.sim}).routes())
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { dispatch(routes, w, r) })
}

func dispatch(routes map[string]methods, w http.ResponseWriter, r *http.Request) {
	path, ok := routes[r.URL.Path]
	if !ok {
		refuse(w, r, &apiError{http.StatusNotFound, "not_found", "no such path: " + r.URL.Path})
		return
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if serve, ok := path[method]; ok {
		serve(w, r)
		return
	}
	allowed := slices.Sorted(maps.Keys(path))
	if slices.Contains(allowed, http.MethodGet) {
		allowed = append(allowed, http.MethodHead)
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	refuse(w, r, &apiError{http.StatusMethodNotAllowed, "method_not_allowed", r.Method + " is not allowed here"})
}

// readJSON reads the request's only JSON object into v. Keys that v does not
// have are refused: a misspelt one would silently mean its default.
func readJSON(w http.ResponseWriter, r *http.Request, v any) *apiError {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return &apiError{http.StatusUnsupportedMediaType, "unsupported_media_type", "Content-Type must be application/json"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return &apiError{http.StatusRequestEntityTooLarge, "too_large", "the body must not exceed 64 KiB"}
	}
	if err != nil {
		return &apiError{http.StatusBadRequest, "bad_request", "the body could not be read"}
	}
	return decodeJSON(body, v)
}

func decodeJSON(body []byte, v any) *apiError {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if badType := (*json.UnmarshalTypeError)(nil); errors.As(err, &badType) && badType.Field != "" {
		return invalid(badType.Field + " must not be a " + badType.Value)
	}
	if err != nil {
		return &apiError{http.StatusBadRequest, "bad_json", err.Error()}
	}
	if _, err = d.Token(); !errors.Is(err, io.EOF) {
		return &apiError{http.StatusBadRequest, "bad_json", "the body must be one JSON object"}
	}
	return nil
}

func refuse(w http.ResponseWriter, r *http.Request, e *apiError) {
	reply(w, r, e.status, map[string]any{"error": map[string]string{"code": e.code, "message": e.message}})
}

// reply sends v. It is made of strings, numbers and times only, so it encodes.
func reply(w http.ResponseWriter, r *http.Request, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":{"code":"internal","message":"encoding failed"}}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(append(body, '\n')) // fails only when the client left
	}
}

// newServer returns a server with limits: a test of slow clients must not
// exhaust the process that watches.
func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: silent(),
	}
}
