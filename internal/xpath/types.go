package xpath

import "slices"

// The expressions on types (§3.10 of 2.0).

// ofType reads a level with a type after its operand.
func ofType(first, second string, read func(*parser) func(*scope, seq) seq) level {
	return func(p *parser, tighter int) expression {
		e := p.level(tighter)
		if !p.word(first, second) {
			return e
		}
		evaluate := read(p)
		return func(s *scope) seq { return evaluate(s, e(s)) }
	}
}

func instanceOf(p *parser) func(*scope, seq) seq {
	is := p.sequenceType()
	return func(s *scope, v seq) seq { return seq{is(s, v)} }
}

func treatAs(p *parser) func(*scope, seq) seq {
	is := p.sequenceType()
	return func(s *scope, v seq) seq {
		if !is(s, v) {
			failf("the value is not of the type that it is treated as")
		}
		return v
	}
}

func castableAs(p *parser) func(*scope, seq) seq {
	cast, optional := p.castType()
	return func(s *scope, v seq) seq {
		if v = s.atomize(v); len(v) != 1 {
			return seq{len(v) == 0 && optional}
		}
		s.scan(v[0])
		_, ok := cast(v[0])
		return seq{ok}
	}
}

func castAs(p *parser) func(*scope, seq) seq {
	cast, optional := p.castType()
	return func(s *scope, v seq) seq { return s.cast(v, cast, optional) }
}

func (s *scope) cast(v seq, cast func(item) (item, bool), optional bool) seq {
	a := s.one(v)
	if a == nil {
		if !optional {
			failf("expected a value to cast, found the empty sequence")
		}
		return nil
	}
	s.scan(a)
	c, ok := cast(a)
	if !ok {
		failf("%s %s cannot be cast", typeName(a), shown(stringOf(a)))
	}
	return seq{c}
}

func (p *parser) castType() (cast func(item) (item, bool), optional bool) {
	t := p.peek()
	cast = atomicTypeOf(t.text).cast
	if t.kind != name || cast == nil {
		p.fail("the type %q is not available; there are xs:string, xs:boolean, xs:integer, xs:decimal, xs:double and xs:untypedAtomic",
			t.text)
	}
	p.at++
	return cast, p.accept("?")
}

// sequenceType reads a SequenceType (§2.5.3).
func (p *parser) sequenceType() func(*scope, seq) bool {
	if p.word("empty-sequence") {
		p.want("(")
		p.want(")")
		return func(_ *scope, v seq) bool { return len(v) == 0 }
	}
	is := p.itemType()
	least, most := 1, 1
	switch {
	case p.accept("?"):
		least = 0
	case p.accept("*"):
		least, most = 0, many
	case p.accept("+"):
		most = many
	}
	return func(s *scope, v seq) bool {
		s.visit(len(v))
		return len(v) >= least && (most == many || len(v) <= most) && !slices.ContainsFunc(v, func(it item) bool { return !is(s, it) })
	}
}

func (p *parser) itemType() func(*scope, item) bool {
	t := p.peek()
	switch is := atomicTypeOf(t.text).is; {
	case t.kind == name && is != nil:
		p.at++
		return func(_ *scope, v item) bool { return is(v) }
	case p.word("item"):
		p.want("(")
		p.want(")")
		return func(*scope, item) bool { return true }
	case p.kindFollows():
		test := p.kindTest()
		return func(s *scope, v item) bool {
			n, ok := v.(*node)
			return ok && test(s, n)
		}
	}
	p.fail("the type %q is not available", t.text)
	return nil
}
