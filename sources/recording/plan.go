package recording

import (
	"reflect"
	"slices"

	"github.com/stemedb/stemetop/sources/cluster"
)

// plan is a schema bound to the types of this version: what drives the coder.
type plan struct {
	wire  Wire
	id    int          // which model it learns in
	index int          // of the field in its struct; -1 if this version has none
	typ   reflect.Type // nil if this version has none: coded and dropped
	kids  []*plan
	plus  []int // kids of the same struct that are added to it, or taken from it
	less  []int
	sum   int // the kid of the same struct whose elements it is the sum of; -1 if of none
}

// kindPlan is a plan for one kind of body. root.typ is nil if the kind is not known.
type kindPlan struct {
	name string
	root *plan
}

// plans are all kinds of a schema.
type plans struct {
	format int // of the blocks: FormatVersion or an older one
	kinds  []kindPlan
	count  int // models
}

// bind matches a schema with the types of this version by name. A field of
// another coding than its namesake counts as another field.
func bind(schema []Kind) *plans {
	ps := &plans{format: FormatVersion, count: envelopeModels}
	for _, k := range schema {
		var typ reflect.Type
		for _, b := range bodyKinds() {
			if b.name == k.Name {
				typ = b.typ
			}
		}
		root := ps.compile(Field{Wire: WireStruct, Fields: k.Fields}, typ)
		ps.kinds = append(ps.kinds, kindPlan{name: k.Name, root: root})
	}
	return ps
}

func (ps *plans) compile(f Field, typ reflect.Type) *plan {
	if typ != nil && describe(typ).Wire != f.Wire {
		typ = nil
	}
	p := &plan{wire: f.Wire, id: ps.count, index: -1, typ: typ, sum: -1}
	ps.count++
	for i, kid := range f.Fields {
		k := ps.compileKid(p, kid)
		k.plus, k.less = among(f.Fields[:i], kid.Plus), among(f.Fields[:i], kid.Less)
		k.sum = slices.IndexFunc(f.Fields[:i], func(list Field) bool { return list.Name == kid.Sum && sums(list, kid) })
		p.kids = append(p.kids, k)
	}
	return p
}

// among returns the positions of the named integers.
func among(fields []Field, names []string) []int {
	var at []int
	for i, f := range fields {
		if (f.Wire == WireInt || f.Wire == WireUint) && slices.Contains(names, f.Name) {
			at = append(at, i)
		}
	}
	return at
}

// sums tells whether a struct can be the sum of a list's elements.
func sums(list, of Field) bool {
	return list.Wire == WireList && of.Wire == WireStruct && slices.EqualFunc(list.Fields[0].Fields, of.Fields, func(a, b Field) bool {
		return a.Name == b.Name && a.Wire == b.Wire && (a.Wire == WireUint || a.Wire == WireInt)
	})
}

func (ps *plans) compileKid(p *plan, kid Field) *plan {
	switch {
	case p.typ == nil:
		return ps.compile(kid, nil)
	case p.wire == WireList:
		return ps.compile(kid, p.typ.Elem())
	}
	field, ok := p.typ.FieldByName(kid.Name)
	if !ok {
		return ps.compile(kid, nil)
	}
	k := ps.compile(kid, field.Type)
	if k.typ != nil {
		k.index = field.Index[0]
	}
	return k
}

// index returns the position of a body's kind; ok is false for a nil body.
func (ps *plans) index(b cluster.Body) (int, bool) {
	if b == nil {
		return 0, false
	}
	t := reflect.TypeOf(b).Elem()
	for i := range ps.kinds {
		if ps.kinds[i].root.typ == t {
			return i, true
		}
	}
	return 0, false
}
