package main

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

// TestOneAnswerNamesThousands: what is concluded of replicas that one primary's
// answer names is more than the queue holds, and none of it may be lost: it is
// said only when it changes.
func TestOneAnswerNamesThousands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const replicas = 2000
		c := config.Default()
		c.Cluster, c.Primary.URL = "prod-eu", "http://10.0.0.1:18180"
		p := newPipeline(newWiring(c, sources.NewClock(1), nil), false)
		answer := &cluster.MetricsReading{Asked: 1 << cluster.FamilyLag}
		for i := range replicas {
			answer.Samples = append(answer.Samples, cluster.Sample{
				Family: cluster.FamilyLag, Replica: cluster.NodeID("r" + strconv.Itoa(i)), Value: 0.2,
			})
		}
		p.stream.Publish(cluster.Observation{
			Taken: time.Now(), Source: cluster.Source{Kind: cluster.FromMetrics, Node: cluster.NodeID(c.PrimaryID())}, Body: answer,
		})
		synctest.Wait()
		p.end()
		s := p.timeline.Head(time.Now)
		if len(s.Replicas) != replicas || len(s.Gaps) > 0 {
			t.Errorf("%d replicas, gaps %+v", len(s.Replicas), s.Gaps)
		}
		unjudged := 0
		for i := range s.Replicas {
			if len(s.Replicas[i].Alerts) == 0 {
				unjudged++
			}
		}
		if unjudged > 0 {
			t.Errorf("the alerts of %d replicas are not known", unjudged)
		}
	})
}
