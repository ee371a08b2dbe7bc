// Package prometheus reads the alerts of a Prometheus server, or of one that
// answers like it, by GET /api/v1/alerts and nothing else.
//
// The server lists what is pending or firing. That an alert is not listed says
// that it is inactive there, or that there is no such rule: the two can't be told
// apart, and are not.
package prometheus
