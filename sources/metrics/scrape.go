package metrics

import (
	"net/http"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web"
)

// scraped returns what was learned, and what went wrong.
func (c *Collector) scraped(answer *http.Response, at *web.Timing) (cluster.Body, error) {
	body, err := c.read(answer, c.asked(at))
	if body == nil {
		return nil, corrupt(err)
	}
	if body.Asked.Has(cluster.FamilySyncDurationSum) {
		c.durationsAt, c.durations = at.Began(), true
	}
	return body, c.orMissing(body, corrupt(err))
}

// read takes an answer apart.
func (c *Collector) read(answer *http.Response, asked cluster.Families) (*cluster.MetricsReading, error) {
	openMetrics, err := c.format.get(answer.Header)
	if err != nil {
		return nil, err
	}
	f := c.text
	if openMetrics {
		if c.open == nil {
			open := newFilter(c.options.Names, true)
			c.open = &open
		}
		f = *c.open
	}
	f.asked, f.oldest = asked, c.oldest(answer)
	s := newScratch()
	defer s.free()
	wire := &web.Capped{R: answer.Body, Limit: c.options.BodyLimit, Hint: "raise http.body_limit if it may be"}
	in, err := s.unpack(wire, strings.ToLower(answer.Header.Get("Content-Encoding")))
	if err != nil {
		return nil, err
	}
	taken, broke, err := s.take(in, &f, c.options.Names.ReplicaLabel)
	if broke != nil {
		err = broke
	}
	if broke != nil && len(taken.samples) == 0 {
		return nil, err
	}
	return &cluster.MetricsReading{
		Asked: asked, Samples: taken.samples, Twice: taken.twice, ServerDate: serverDate(answer),
		Unit: c.unit.get(c.options.Names.SyncProgress, s.unit, s.help),
	}, err
}

// dateBlur is how far a Date header may be behind: it has no fractions.
const dateBlur = time.Second

// oldest returns from when a gauge must be at least, by the target's own clock if
// it shows one.
func (c *Collector) oldest(answer *http.Response) time.Time {
	if c.options.Fresh <= 0 {
		return time.Time{}
	}
	now := serverDate(answer)
	if now.IsZero() {
		now = c.options.Clock.Now()
	}
	return now.Add(-c.options.Fresh - dateBlur)
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
func (c *Collector) asked(at *web.Timing) cluster.Families {
	slow := c.watched.Load() || !c.durations || at.Began()-c.durationsAt >= c.options.DurationEvery
	var s cluster.Families
	for _, w := range c.text.wants {
		switch w.family {
		case cluster.FamilyLag:
			if !c.options.Primary {
				continue
			}
		case cluster.FamilySyncDurationSum, cluster.FamilySyncDurationCount, cluster.FamilyStartTime:
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
	if err != nil || !body.Asked.Has(cluster.FamilyLag) {
		return err
	}
	if len(body.Samples) > 0 && body.Samples[0].Family == cluster.FamilyLag {
		return nil
	}
	return web.NewFault(cluster.FailMissing, "no series of "+c.options.Names.Lag, "is this the primary, and is metrics.lag in the configuration its name?")
}
