package recording

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Wire is how a field is coded. The words stand in the schema of every file.
type Wire string

// The codings of fields.
const (
	WireBool     Wire = "bool"
	WireInt      Wire = "int"      // signed, to 64 bits
	WireUint     Wire = "uint"     // unsigned, to 64 bits
	WireFloat    Wire = "float"    // IEEE 754 double, exact to the bit
	WireString   Wire = "string"   // bytes; the text of each stands once in a block
	WireTime     Wire = "time"     // an instant, exact to the nanosecond, or none
	WireDuration Wire = "duration" // nanoseconds
	WireStruct   Wire = "struct"   // its fields in order
	WireList     Wire = "list"     // any number of its one field, or nil
)

// Field describes one field of a body, as the schema of a file has it.
type Field struct {
	Name   string  `json:"name,omitempty"`
	Wire   Wire    `json:"wire"`
	Fields []Field `json:"fields,omitempty"` // of a struct; of a list the element
	// Plus and Less are fields before it in the same struct that are added to it
	// or taken from it as it is coded, and put back on reading.
	Plus []string `json:"plus,omitempty"`
	Less []string `json:"less,omitempty"`
	// Sum is the list of like structs before it whose sum a struct is near: each
	// integer is coded less theirs, and without its own Plus and Less.
	Sum string `json:"sum,omitempty"`
}

// Kind describes one kind of body.
type Kind struct {
	Name   string  `json:"name"`
	Fields []Field `json:"fields"`
}

// bodyKind is a kind of body and the type that it is in memory.
type bodyKind struct {
	name string
	typ  reflect.Type
}

// recallKind is the name of what a keyframe remembers, once in a block.
const recallKind = "recall"

// bodyKinds is the closed set of bodies. The names are recorded: they never
// change, and neither do the names of the fields of these types.
func bodyKinds() []bodyKind {
	return []bodyKind{
		{"metrics", reflect.TypeFor[cluster.MetricsReading]()},
		{"host", reflect.TypeFor[cluster.HostReading]()},
		{"facts", reflect.TypeFor[cluster.HostFacts]()},
		{"session", reflect.TypeFor[cluster.Session]()},
		{"settings", reflect.TypeFor[cluster.Settings]()},
		{"note", reflect.TypeFor[cluster.Note]()},
		{"gap", reflect.TypeFor[cluster.Gap]()},
		{"clock_step", reflect.TypeFor[cluster.ClockStep]()},
		{recallKind, reflect.TypeFor[cluster.Recall]()},
		{"probe", reflect.TypeFor[cluster.ProbeReading]()},
		{"breakers", reflect.TypeFor[cluster.BreakersReading]()},
		{"alert", reflect.TypeFor[cluster.AlertChange]()},
		{"verdict", reflect.TypeFor[cluster.Verdict]()},
		{"escalation", reflect.TypeFor[cluster.Escalation]()},
		{"prometheus", reflect.TypeFor[cluster.PrometheusReading]()},
		{"sockets", reflect.TypeFor[cluster.SocketReading]()},
		{"norms", reflect.TypeFor[cluster.Norms]()},
		{"action", reflect.TypeFor[cluster.ActionStep]()},
		{"peer_ping", reflect.TypeFor[cluster.PeerPing]()},
		{"peer_port", reflect.TypeFor[cluster.PeerPort]()},
		{"service", reflect.TypeFor[cluster.ServiceReading]()},
		{"api_config", reflect.TypeFor[cluster.APIConfig]()},
		{"trace", reflect.TypeFor[cluster.TraceReading]()},
		{"writers", reflect.TypeFor[cluster.WritersReading]()},
		{"log", reflect.TypeFor[cluster.LogReading]()},
	}
}

// Schema returns the kinds of body that this version records.
func Schema() []Kind {
	kinds := bodyKinds()
	schema := make([]Kind, len(kinds))
	for i, k := range kinds {
		schema[i] = Kind{Name: k.name, Fields: describe(k.typ).Fields}
	}
	return schema
}

// describe derives the coding of a type. The bodies hold no other types than
// these; a test holds every body against it.
func describe(t reflect.Type) Field {
	switch t {
	case reflect.TypeFor[cluster.Text]():
		return Field{Wire: WireString}
	case reflect.TypeFor[time.Time]():
		return Field{Wire: WireTime}
	case reflect.TypeFor[time.Duration]():
		return Field{Wire: WireDuration}
	}
	switch t.Kind() {
	case reflect.Bool:
		return Field{Wire: WireBool}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return Field{Wire: WireInt}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Field{Wire: WireUint}
	case reflect.Float64:
		return Field{Wire: WireFloat}
	case reflect.String:
		return Field{Wire: WireString}
	case reflect.Slice:
		return Field{Wire: WireList, Fields: []Field{describe(t.Elem())}}
	case reflect.Struct:
		return describeStruct(t)
	default:
		panic(fmt.Sprintf("recording: no coding for %v", t))
	}
}

// describeStruct lists the fields in order, but those that are coded with others
// after them.
func describeStruct(t reflect.Type) Field {
	d := Field{Wire: WireStruct}
	var last []Field
	for i := range t.NumField() {
		f := describe(t.Field(i).Type)
		f.Name = t.Field(i).Name
		f.Plus, f.Less = relation(t, f.Name)
		if t == reflect.TypeFor[cluster.HostReading]() && f.Name == "CPU" {
			f.Sum = "PerCPU"
		}
		if f.Plus == nil && f.Less == nil && f.Sum == "" {
			d.Fields = append(d.Fields, f)
		} else {
			last = append(last, f)
		}
	}
	d.Fields = append(d.Fields, last...)
	return d
}

// relation returns with which other fields a field is coded: those that nearly
// tell what it is.
func relation(t reflect.Type, field string) (plus, less []string) {
	switch {
	case t == reflect.TypeFor[cluster.CPUTicks]() && field == "Idle": // all states together grow as time does
		return []string{"User", "Nice", "System", "IOWait", "IRQ", "SoftIRQ", "Steal"}, nil
	case t == reflect.TypeFor[cluster.DiskCounters]() && field == "WeightedTicks": // their sum, but for what is in flight
		return nil, []string{"ReadTicks", "WriteTicks", "DiscardTicks", "FlushTicks"}
	}
	return nil, nil
}

// Limits of a schema from a file. Ours has 200 fields, 4 deep.
const (
	maxKinds  = 64
	maxFields = 4096
	maxDepth  = 8
)

// checkSchema refuses what could not be compiled.
func checkSchema(kinds []Kind) error {
	if len(kinds) > maxKinds {
		return fmt.Errorf("the schema has %d kinds of observation, at most %d are read", len(kinds), maxKinds)
	}
	left := maxFields
	for _, k := range kinds {
		if err := checkFields(k.Fields, maxDepth, &left); err != nil {
			return fmt.Errorf("the schema of %q: %w", k.Name, err)
		}
	}
	return nil
}

func checkFields(fields []Field, depth int, left *int) error {
	*left -= len(fields)
	if *left < 0 || depth == 0 {
		return fmt.Errorf("more than %d fields or %d levels", maxFields, maxDepth)
	}
	for _, f := range fields {
		if !slices.Contains([]Wire{
			WireBool, WireInt, WireUint, WireFloat, WireString, WireTime, WireDuration, WireStruct, WireList,
		}, f.Wire) {
			return fmt.Errorf("field %q has the unknown coding %q", f.Name, f.Wire)
		}
		if f.Wire == WireList && len(f.Fields) != 1 {
			return fmt.Errorf("list %q has %d kinds of element, not 1", f.Name, len(f.Fields))
		}
		if err := checkFields(f.Fields, depth-1, left); err != nil {
			return err
		}
	}
	return nil
}
