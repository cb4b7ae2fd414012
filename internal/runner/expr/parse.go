package expr

import "strings"

// Scope says what an expression may use. Names are compared without case.
type Scope struct {
	Contexts  []string // github, inputs, ...
	Functions []string // beyond the built-in ones: always, success, failure, cancelled, hashFiles
}

// Expression is a parsed expression. It may be evaluated any number of times,
// also at once.
type Expression struct {
	text string // all that was given, for errors
	root node
}

// Parse parses an expression, without ${{ }}.
func Parse(text string, s Scope) (*Expression, error) {
	root, err := parse(text, 0, len(text), s)
	if err != nil {
		return nil, err
	}
	return finish(text, root)
}

// finish checks what can only be checked of a whole tree.
func finish(text string, root node) (*Expression, error) {
	if deeper(root, maxDepth) {
		return nil, problem(text, 0, "it is nested deeper than %d levels", maxDepth)
	}
	return &Expression{text, root}, nil
}

// parser is a recursive descent over the tokens of text[start:end]. It calls
// itself for each bracket and thus at most maxLength times.
type parser struct {
	lexer lexer
	scope Scope
	token token // the next one
}

func parse(text string, start, end int, s Scope) (node, error) {
	if utf16Length(text[start:end]) > maxLength {
		return nil, problem(text, start, "it is longer than %d characters", maxLength)
	}
	p := &parser{lexer: lexer{text: text, at: start, end: end}, scope: s}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.token.kind == tokenEnd {
		return nil, problem(text, start, "an expression was expected")
	}
	n, err := p.binary(1)
	if err == nil && p.token.kind != tokenEnd {
		err = p.unexpected()
	}
	if err != nil {
		return nil, err
	}
	return n, nil
}

func (p *parser) advance() error {
	t, err := p.lexer.next()
	p.token = t
	return err
}

func (p *parser) unexpected() error {
	if p.token.kind == tokenEnd {
		return problem(p.lexer.text, p.token.offset, "unexpected end")
	}
	return problem(p.lexer.text, p.token.offset, "unexpected %q", cut(p.token.text))
}

func (p *parser) isMark(text string) bool { return p.token.kind == tokenMark && p.token.text == text }

func (p *parser) expect(mark string) error {
	if !p.isMark(mark) {
		return p.unexpected()
	}
	return p.advance()
}

// precedence of an operator between two operands; 0 if it is none.
func precedence(t token) int {
	if t.kind != tokenOperator {
		return 0
	}
	switch t.text {
	case "||":
		return 1
	case "&&":
		return 2
	case "==", "!=":
		return 3
	case "<", "<=", ">", ">=":
		return 4
	}
	return 0
}

func (p *parser) binary(least int) (node, error) {
	left, err := p.unary()
	for err == nil {
		op := p.token
		level := precedence(op)
		if level == 0 || level < least {
			break
		}
		if err = p.advance(); err != nil {
			break
		}
		var right node
		if right, err = p.binary(level + 1); err == nil {
			left = join2(op, left, right)
		}
	}
	return left, err
}

// join2 makes one node of two operands. A chain of && or || is one node, so it
// does not count as depth; left may become that node.
func join2(op token, left, right node) node {
	if op.text != "&&" && op.text != "||" {
		return &binary{op.text, left, right, op.offset}
	}
	chain, ok := left.(*logical)
	if !ok || chain.op != op.text {
		chain = &logical{op.text, []node{left}}
	}
	if r, ok := right.(*logical); ok && r.op == op.text {
		chain.args = append(chain.args, r.args...)
	} else {
		chain.args = append(chain.args, right)
	}
	return chain
}

func (p *parser) unary() (node, error) {
	count := 0
	for p.token.kind == tokenOperator && p.token.text == "!" {
		count++
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	n, err := p.operand()
	for ; err == nil && count > 0; count-- {
		n = &not{n}
	}
	return n, err
}

func (p *parser) operand() (node, error) {
	t := p.token
	switch {
	case t.kind == tokenLiteral:
		return &literal{t.value}, p.advance() // no index may follow
	case p.isMark("("):
		if err := p.advance(); err != nil {
			return nil, err
		}
		n, err := p.binary(1)
		if err == nil {
			err = p.expect(")")
		}
		return p.indexes(n, err)
	case t.kind == tokenWord:
		if err := p.advance(); err != nil {
			return nil, err
		}
		if p.isMark("(") {
			return p.indexes(p.call(t))
		}
		if !listed(p.scope.Contexts, t.text) {
			return nil, p.unknownContext(t)
		}
		return p.indexes(&named{strings.ToLower(t.text), t.offset}, nil)
	}
	return nil, p.unexpected()
}

func (p *parser) unknownContext(t token) error {
	if strings.EqualFold(t.text, "secrets") {
		return problem(p.lexer.text, t.offset, "the context secrets is not available to actions: the workflow must pass what is needed as an input")
	}
	return problem(p.lexer.text, t.offset, "there is no context %q here; there are %s", cut(t.text), strings.Join(p.scope.Contexts, ", "))
}

// indexes reads .name, .*, [index] and [*] behind n.
func (p *parser) indexes(n node, err error) (node, error) {
	for err == nil {
		at := p.token.offset
		switch {
		case p.isMark("."):
			if err = p.advance(); err != nil {
				break
			}
			switch {
			case p.token.kind == tokenWord:
				n = &index{n, &literal{p.token.text}, at}
			case p.isMark("*"):
				n = &index{n, nil, at}
			default:
				return nil, p.unexpected()
			}
			err = p.advance()
		case p.isMark("["):
			if err = p.advance(); err != nil {
				break
			}
			var key node
			if p.isMark("*") {
				err = p.advance()
			} else {
				key, err = p.binary(1)
			}
			if err == nil {
				err = p.expect("]")
			}
			n = &index{n, key, at}
		default:
			return n, nil
		}
	}
	return nil, err
}

// call reads the arguments of a function. Its name has been read.
func (p *parser) call(name token) (node, error) {
	least, most, ok := arity(name.text, p.scope)
	if !ok {
		return nil, problem(p.lexer.text, name.offset, "there is no function %q here", cut(name.text))
	}
	if err := p.advance(); err != nil { // the (
		return nil, err
	}
	c := &call{name: strings.ToLower(name.text), offset: name.offset}
	for more := !p.isMark(")"); more; {
		arg, err := p.binary(1)
		if err != nil {
			return nil, err
		}
		c.args = append(c.args, arg)
		if more = p.isMark(","); more {
			if err := p.advance(); err != nil {
				return nil, err
			}
		}
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	switch n := len(c.args); {
	case n < least:
		return nil, problem(p.lexer.text, name.offset, "%s needs %d arguments or more and has %d", name.text, least, n)
	case n > most:
		return nil, problem(p.lexer.text, name.offset, "%s takes %d arguments at most and has %d", name.text, most, n)
	case c.name == "case" && n%2 == 0:
		return nil, problem(p.lexer.text, name.offset, "case needs pairs of a condition and a value, and a value for the rest")
	}
	return c, nil
}

// listed reports whether a list of names has one, whatever its case.
func listed(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
