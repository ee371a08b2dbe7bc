package admin

import (
	"encoding/json"
	"fmt"
	"math/big"
	"mime"
	"slices"
	"strings"
)

// The paths below the base.
const (
	rateLimitPath = "/v1/admin/rate-limit"
	syncPath      = "/v1/admin/cluster/sync"
	resetPath     = "/v1/admin/circuit-breaker/reset"
	trippedPath   = "/v1/admin/circuit-breakers/tripped"
)

// Shape is what a 2xx answer must look like to count as this API's word that the
// request was accepted. Whatever else it holds is ignored.
type Shape struct {
	Status []int    // the 2xx that are possible
	Echo   []string // keys of the request that the answer repeats with equal values
	Agree  []string // keys of the request that may be absent; if there, they are equal
	// State are the values that the key "state" may have, if it is there.
	State []string
	// Empty says that an answer without body is complete.
	Empty bool
}

// The answers of the three endpoints.
var (
	rateLimitShape = Shape{Status: []int{200}, Echo: []string{"max_assertions_per_sec"}}
	syncShape      = Shape{
		Status: []int{200, 201, 202}, Echo: []string{"replica_id"}, Agree: []string{"force"},
		State: []string{"started", "starting", "accepted", "queued", "pending", "running", "in_progress"},
	}
	resetShape = Shape{Status: []int{200}, Echo: []string{"agent_id"}, State: []string{"closed", "reset", "half_open", "half-open"}}
)

// object is the top level of a JSON object.
type object map[string]json.RawMessage

// parseObject returns nil for anything but one JSON object and nothing after it.
func parseObject(body []byte) object {
	var o object
	if json.Unmarshal(body, &o) != nil {
		return nil
	}
	return o
}

// isJSON tells whether the media type is JSON.
func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// mismatch says what in a 2xx answer is not as the shape wants it; empty if all
// is. Of values it quotes none: they are the server's text.
func (s Shape) mismatch(status int, contentType string, request, body []byte) string {
	if !slices.Contains(s.Status, status) {
		return fmt.Sprintf("%d is not what this endpoint answers", status)
	}
	if len(body) == 0 {
		if s.Empty {
			return ""
		}
		return "its body is empty"
	}
	if !isJSON(contentType) {
		return "it is not JSON"
	}
	got := parseObject(body)
	if got == nil {
		return "it is not a JSON object"
	}
	if e, ok := got["error"]; ok && string(e) != "null" {
		return "it reports an error despite its status"
	}
	return s.contradiction(parseObject(request), got)
}

// contradiction compares the answer's values with the request's.
func (s Shape) contradiction(sent, got object) string {
	for _, key := range slices.Concat(s.Echo, s.Agree) {
		value, ok := got[key]
		switch {
		case !ok && slices.Contains(s.Agree, key):
		case !ok:
			return "it does not repeat " + key
		case !equalJSON(sent[key], value):
			return "its " + key + " is not the one that was sent"
		}
	}
	if raw, ok := got["state"]; ok && len(s.State) > 0 {
		var state string
		if json.Unmarshal(raw, &state) != nil || !slices.Contains(s.State, strings.ToLower(state)) {
			return "its state is none that follows the request"
		}
	}
	return ""
}

// equalJSON compares two scalars; numbers by value, since 500 and 500.0 are one.
func equalJSON(a, b json.RawMessage) bool {
	x, y := scalar(a), scalar(b)
	if n, ok := x.(json.Number); ok {
		m, ok := y.(json.Number)
		if !ok || len(n) > 32 || len(m) > 32 {
			return false
		}
		p, _, err := big.ParseFloat(n.String(), 10, 128, big.ToNearestEven)
		q, _, err2 := big.ParseFloat(m.String(), 10, 128, big.ToNearestEven)
		return err == nil && err2 == nil && p.Cmp(q) == 0
	}
	return x != nil && x == y
}

// scalar decodes a string, a number or a boolean; anything else is nil.
func scalar(raw json.RawMessage) any {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	switch v.(type) {
	case string, json.Number, bool:
		return v
	default:
		return nil
	}
}
