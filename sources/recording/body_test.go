package recording

import (
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stemedb/stemetop/sources/cluster"
)

// instants that have been trouble in other codecs.
func anyTime(t *rapid.T) time.Time {
	return rapid.SampledFrom([]time.Time{
		{},
		time.Unix(0, 0).UTC(),
		time.Unix(0, math.MinInt64).UTC(),
		time.Unix(0, math.MaxInt64).UTC(),
		time.Unix(0, rapid.Int64().Draw(t, "ns")).UTC(),
		time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "sec"), rapid.Int64Range(0, 999_999_999).Draw(t, "nsec")).UTC(),
		time.Unix(1772334000, rapid.Int64Range(0, 999).Draw(t, "ms")*1e6).UTC(),
	}).Draw(t, "time")
}

func anyFloat(t *rapid.T) float64 {
	return rapid.SampledFrom([]float64{
		0, math.Copysign(0, -1), math.NaN(), math.Float64frombits(0xfff8000000abcdef), math.Inf(1), math.Inf(-1),
		math.MaxFloat64, math.SmallestNonzeroFloat64, 1 << 53, 1<<53 + 2, -0.1, math.Nextafter(0.3, 1),
		rapid.Float64().Draw(t, "f"),
		math.Float64frombits(rapid.Uint64().Draw(t, "bits")),
		float64(rapid.Int64().Draw(t, "int")),
		math.Round(rapid.Float64Range(-1e6, 1e6).Draw(t, "dec")*1000) / 1000,
	}).Draw(t, "float")
}

func anyInteger(t *rapid.T) uint64 {
	return rapid.SampledFrom([]uint64{0, 1, math.MaxUint64, 1 << 63, rapid.Uint64().Draw(t, "u"), rapid.Uint64Range(0, 300).Draw(t, "small")}).Draw(t, "integer")
}

// fill sets every field of v to something nasty.
func fill(t *rapid.T, v reflect.Value) {
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(anyTime(t)))
		return
	case reflect.TypeFor[cluster.Text]():
		v.Set(reflect.ValueOf(cluster.Clean(rapid.String().Draw(t, "text"))))
		return
	case reflect.TypeFor[cluster.Family]():
		v.SetUint(rapid.Uint64Range(0, uint64(cluster.NumFamilies)-1).Draw(t, "family"))
		return
	case reflect.TypeFor[cluster.LagState](), reflect.TypeFor[cluster.SyncState](), reflect.TypeFor[cluster.ProgressUnit](),
		reflect.TypeFor[cluster.ProbeMethod](), reflect.TypeFor[cluster.PortState](), reflect.TypeFor[cluster.AlertState](),
		reflect.TypeFor[cluster.Cause](), reflect.TypeFor[cluster.Confidence]():
		v.SetUint(rapid.Uint64Range(0, 2).Draw(t, "enum"))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	case reflect.Slice:
		if n := rapid.IntRange(-1, 4).Draw(t, "len"); n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fill(t, v.Index(i))
			}
		}
	case reflect.Float64:
		v.SetFloat(anyFloat(t))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.String:
		if v.Type() == reflect.TypeFor[cluster.NodeID]() {
			v.SetString(string(rapid.SliceOf(rapid.Byte()).Draw(t, "id")))
		} else {
			v.SetString(cluster.Clean(rapid.String().Draw(t, "string")).String())
		}
	default:
		setInteger(&walker{coder: coder{decoding: true}}, v, anyInteger(t))
	}
}

func anyObservation(t *rapid.T) cluster.Observation {
	o := cluster.Observation{
		Seq: anyInteger(t), Received: anyTime(t), Taken: anyTime(t),
		Mono: time.Duration(anyInteger(t)), Took: time.Duration(anyInteger(t)),
		Source: cluster.Source{
			Kind: cluster.SourceKind(rapid.IntRange(0, cluster.NumSourceKinds-1).Draw(t, "source")),
			Node: cluster.NodeID(rapid.SampledFrom([]string{"", "node1", "n\x00\xff\u202e"}).Draw(t, "node")),
		},
	}
	if kinds := bodyKinds(); true {
		if k := rapid.IntRange(-1, len(kinds)-1).Draw(t, "kind"); k >= 0 {
			body := reflect.New(kinds[k].typ)
			fill(t, body.Elem())
			o.Body, _ = reflect.TypeAssert[cluster.Body](body)
		}
	}
	if rapid.Bool().Draw(t, "failed") {
		o.Err = cluster.Fail(cluster.FailTimeout, rapid.String().Draw(t, "what"), rapid.String().Draw(t, "hint"))
	}
	return o
}

// same compares to the bit: NaN payloads and the sign of 0 count.
func same(a, b reflect.Value) bool {
	if a.Type() == reflect.TypeFor[time.Time]() {
		x, _ := reflect.TypeAssert[time.Time](a)
		y, _ := reflect.TypeAssert[time.Time](b)
		return x.Equal(y) && x.IsZero() == y.IsZero()
	}
	switch a.Kind() {
	case reflect.Float64:
		return math.Float64bits(a.Float()) == math.Float64bits(b.Float())
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return a.Elem().Type() == b.Elem().Type() && same(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			if !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		if a.Len() != b.Len() || a.IsNil() != b.IsNil() {
			return false
		}
		for i := range a.Len() {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	default:
		return a.Equal(b)
	}
}

func TestAnyObservationRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Custom(anyObservation), 1, 12).Draw(t, "observations")
		e := newEncoder()
		e.begin(rapid.Int64().Draw(t, "base"))
		var chunks []chunk
		for i := range want {
			e.add(&want[i], false)
			if rapid.Bool().Draw(t, "seal") {
				chunks = append(chunks, e.seal())
			}
		}
		got := decodeAll(t, append(chunks, e.seal()))
		if len(got) != len(want) {
			t.Fatalf("%d observations, want %d", len(got), len(want))
		}
		for i := range got {
			if !same(reflect.ValueOf(want[i]), reflect.ValueOf(*got[i])) {
				t.Fatalf("observation %d:\nwrote %+v %+v\nread  %+v %+v", i, want[i], want[i].Body, *got[i], got[i].Body)
			}
		}
	})
}

func TestEveryBodyHasAKind(t *testing.T) {
	e := newEncoder()
	for _, b := range []cluster.Body{
		&cluster.MetricsReading{}, &cluster.HostReading{}, &cluster.HostFacts{}, &cluster.Session{}, &cluster.Settings{},
		&cluster.Note{}, &cluster.Gap{}, &cluster.ClockStep{}, &cluster.Recall{},
	} {
		if _, ok := e.plans.index(b); !ok {
			t.Errorf("%T has no kind", b)
		}
	}
}
