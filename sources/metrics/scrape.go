package metrics

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// drain is how much of the body beside a bad status is read, in bytes.
const drain = 4 << 10

// scrape returns what was learned, and what went wrong.
func (c *Collector) scrape(ctx context.Context, at *timing) (*cluster.MetricsReading, error) {
	if err := c.authorise(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	answer, err := c.transport.RoundTrip(c.request.WithContext(at.trace(ctx)))
	if err != nil {
		return nil, err
	}
	body, err := c.read(answer, c.asked(at))
	_ = answer.Body.Close() // if it was not read to its end, the connection goes with it
	if body != nil && body.Asked.Has(cluster.FamilySyncDurationSum) {
		c.durationsAt, c.durations = at.mono, true
	}
	return body, c.orMissing(body, err)
}

// read takes an answer apart.
func (c *Collector) read(answer *http.Response, asked cluster.Families) (*cluster.MetricsReading, error) {
	if answer.StatusCode != http.StatusOK {
		f := statusFault(answer)
		_, _ = io.CopyN(io.Discard, answer.Body, drain) // a short rest is read, to keep the connection
		return nil, f
	}
	openMetrics, err := c.format.get(answer.Header)
	if err != nil {
		return nil, err
	}
	f := c.text
	if openMetrics {
		f = c.open
	}
	f.asked = asked
	s := newScratch()
	defer s.free()
	wire := &capped{r: answer.Body, limit: c.options.BodyLimit}
	in, err := s.unpack(wire, strings.ToLower(answer.Header.Get("Content-Encoding")))
	if err != nil {
		return nil, err
	}
	samples, broke, err := s.take(in, &f, c.options.Names.ReplicaLabel)
	if broke != nil {
		err = broke
	}
	if broke != nil && len(samples) == 0 {
		return nil, err
	}
	return &cluster.MetricsReading{
		Asked: asked, Samples: samples, Bytes: wire.seen, ServerDate: serverDate(answer),
		Unit: c.unit.get(c.options.Names.SyncProgress, s.unit, s.help),
	}, err
}

// serverDate returns the target's own clock; zero if it does not say.
func serverDate(r *http.Response) time.Time {
	t, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t
}

// asked returns the families that this scrape looks for.
func (c *Collector) asked(at *timing) cluster.Families {
	slow := c.watched.Load() || !c.durations || at.mono-c.durationsAt >= c.options.DurationEvery
	var s cluster.Families
	for _, w := range c.text.wants {
		switch w.family {
		case cluster.FamilyLag:
			if !c.options.Primary {
				continue
			}
		case cluster.FamilySyncDurationSum, cluster.FamilySyncDurationCount:
			if !slow {
				continue
			}
		default:
		}
		s = s.With(w.family)
	}
	return s
}

// orMissing adds the one lack that makes a whole answer a partial one: a
// primary that tells no lag.
func (c *Collector) orMissing(body *cluster.MetricsReading, err error) error {
	if err != nil || body == nil || !body.Asked.Has(cluster.FamilyLag) {
		return err
	}
	if len(body.Samples) > 0 && body.Samples[0].Family == cluster.FamilyLag {
		return nil
	}
	return newFault(cluster.FailMissing, "no series of "+c.options.Names.Lag, "is this the primary, and is metrics.lag in the configuration its name?")
}

// authorise puts the token into the request, into a copy of the header since an
// earlier request may still be on its way out.
func (c *Collector) authorise() error {
	if c.token == nil {
		return nil
	}
	changed, err := c.token.read()
	if changed {
		h := c.request.Header.Clone()
		h.Set("Authorization", "Bearer "+c.token.token)
		c.request.Header = h
	}
	return err
}

// failure names the target and makes sure that no secret is in the text: what
// a node answers may repeat what it was sent.
func (c *Collector) failure(f *fault) *cluster.Failure {
	return failure(f.without(c.secrets()), c.target.show)
}

func (c *Collector) secrets() []string {
	var s []string
	if c.token != nil && c.token.token != "" {
		s = append(s, c.token.token)
	}
	if c.target.user != nil {
		if password, _ := c.target.user.Password(); password != "" {
			s = append(s, password)
		}
	}
	return s
}
