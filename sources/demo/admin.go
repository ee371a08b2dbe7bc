package demo

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/stemedb/stemetop/sources/demo/physics"
)

// maxRate is the highest limit that the rate-limit endpoint takes, in
// assertions per second.
const maxRate = 1_000_000

// admin is the runbook's admin interface of the primary.
type admin struct{ sim *sim }

// routes are the paths below /v1/admin with what each method does.
func (a *admin) routes() map[string]methods {
	return map[string]methods{
		"/v1/admin/rate-limit":               {http.MethodGet: a.rateLimit, http.MethodPost: a.setRateLimit},
		"/v1/admin/cluster/sync":             {http.MethodPost: a.startSync},
		"/v1/admin/circuit-breakers/tripped": {http.MethodGet: a.tripped},
		"/v1/admin/circuit-breaker/reset":    {http.MethodPost: a.resetBreaker},
	}
}

type rateLimit struct {
	Max *int `json:"max_assertions_per_sec"` // null: unlimited
}

func limitOf(n int) rateLimit {
	if n == 0 {
		return rateLimit{}
	}
	return rateLimit{&n}
}

func (a *admin) rateLimit(w http.ResponseWriter, r *http.Request) {
	var limit int
	a.sim.with(func(w *physics.World) { limit = w.Limit() })
	reply(w, r, http.StatusOK, limitOf(limit))
}

func (a *admin) setRateLimit(w http.ResponseWriter, r *http.Request) {
	var body rateLimit
	if err := readJSON(w, r, &body); err != nil {
		refuse(w, r, err)
		return
	}
	if body.Max == nil || *body.Max < 1 || *body.Max > maxRate {
		refuse(w, r, invalid("max_assertions_per_sec must be an integer from 1 to "+strconv.Itoa(maxRate)))
		return
	}
	a.sim.with(func(w *physics.World) { w.SetLimit(*body.Max) })
	reply(w, r, http.StatusOK, body)
}

func (a *admin) startSync(w http.ResponseWriter, r *http.Request) {
	var body struct {
		ReplicaID string `json:"replica_id"`
		Force     bool   `json:"force"`
	}
	if err := readJSON(w, r, &body); err != nil {
		refuse(w, r, err)
		return
	}
	if body.ReplicaID == "" {
		refuse(w, r, invalid("replica_id must not be empty"))
		return
	}
	var id string
	var err error
	a.sim.with(func(w *physics.World) { id, err = w.StartSync(body.ReplicaID, body.Force) })
	if err != nil {
		refuse(w, r, refusal(err))
		return
	}
	reply(w, r, http.StatusAccepted, map[string]any{
		"sync_id": id, "replica_id": body.ReplicaID, "force": body.Force, "state": "started",
	})
}

type trippedBreaker struct {
	AgentID   string    `json:"agent_id"`
	State     string    `json:"state"`
	TrippedAt time.Time `json:"tripped_at"`
	Failures  int       `json:"failures"`
	Reason    string    `json:"reason"`
}

func (a *admin) tripped(w http.ResponseWriter, r *http.Request) {
	list := []trippedBreaker{}
	a.sim.with(func(w *physics.World) {
		for _, n := range replicasOf(w) {
			if b := n.Breaker; b.Open {
				list = append(list, trippedBreaker{n.AgentID, "open", a.sim.at(b.Since).UTC(), b.Failures, b.Reason})
			}
		}
	})
	reply(w, r, http.StatusOK, map[string]any{"tripped": list, "count": len(list)})
}

func (a *admin) resetBreaker(w http.ResponseWriter, r *http.Request) {
	var body struct {
		AgentID string `json:"agent_id"`
	}
	if err := readJSON(w, r, &body); err != nil {
		refuse(w, r, err)
		return
	}
	if body.AgentID == "" {
		refuse(w, r, invalid("agent_id must not be empty"))
		return
	}
	var wasOpen bool
	var err error
	a.sim.with(func(w *physics.World) { wasOpen, err = w.ResetBreaker(body.AgentID) })
	if err != nil {
		refuse(w, r, refusal(err))
		return
	}
	previous := "closed"
	if wasOpen {
		previous = "open"
	}
	reply(w, r, http.StatusOK, map[string]string{
		"agent_id": body.AgentID, "state": "closed", "previous_state": previous,
	})
}

// refusal maps what the model says to what the server answers.
func refusal(err error) *apiError {
	switch {
	case errors.Is(err, physics.ErrUnknownReplica):
		return &apiError{http.StatusNotFound, "unknown_replica", err.Error()}
	case errors.Is(err, physics.ErrUnknownAgent):
		return &apiError{http.StatusNotFound, "unknown_agent", err.Error()}
	case errors.Is(err, physics.ErrSyncRunning):
		return &apiError{http.StatusConflict, "sync_running", err.Error()}
	default:
		return &apiError{http.StatusInternalServerError, "internal", fmt.Sprint(err)}
	}
}

func invalid(message string) *apiError {
	return &apiError{http.StatusUnprocessableEntity, "invalid_value", message}
}
