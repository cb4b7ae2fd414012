package expr

import (
	"errors"
	"fmt"
	"math"
)

// Environment is what an expression is evaluated in.
type Environment struct {
	// Contexts by lower-case name. One that the scope has and this has not is
	// null.
	Contexts map[string]Value

	// Functions by lower-case name. One that the scope has and this has not is
	// an error when it is called.
	Functions map[string]func(args []Value) (Value, error)
}

// Eval returns the expression's value.
func (e *Expression) Eval(env Environment) (Value, error) {
	v := &evaluation{env: env, text: e.text, memory: maxMemory, work: maxWork}
	return v.eval(e.root)
}

// evaluation is one call of Eval.
type evaluation struct {
	env          Environment
	text         string
	memory, work int // what is left of the bounds
}

// charge counts bytes that a function makes.
func (v *evaluation) charge(n int) error {
	if v.memory -= n; v.memory < 0 {
		return fmt.Errorf("the result is larger than %d bytes", maxMemory)
	}
	return nil
}

// read counts what an operator or function reads of texts without making one.
func (v *evaluation) read(values ...Value) error {
	for _, value := range values {
		v.work--
		if s, ok := value.(string); ok {
			v.work -= len(s)
		}
	}
	if v.work < 0 {
		return fmt.Errorf("it reads more than %d bytes", maxWork)
	}
	return nil
}

// at gives an error the place of the function or operator that it is of.
func (v *evaluation) at(offset int, err error) error {
	if err == nil {
		return nil
	}
	if placed := (*Error)(nil); errors.As(err, &placed) && placed.Expression == v.text {
		return err
	}
	e := problem(v.text, offset, "%v", err)
	e.Err = err
	return e
}

func (v *evaluation) eval(n node) (Value, error) {
	switch n := n.(type) {
	case *literal:
		return n.value, nil
	case *named:
		value := v.env.Contexts[n.name]
		if kindOf(value) == kindForeign {
			return nil, v.at(n.offset, fmt.Errorf("the context %s has a value of type %T", n.name, value))
		}
		return value, nil
	case *not:
		value, err := v.eval(n.operand)
		return !Truthy(value), err
	case *logical:
		return v.logical(n)
	case *binary:
		left, right, err := v.pair(n.left, n.right)
		if err != nil {
			return nil, err
		}
		return compareBy(n.op, left, right), v.at(n.offset, v.read(left, right))
	case *index:
		return v.index(n)
	case *call:
		value, err := v.call(n)
		return value, v.at(n.offset, err)
	}
	panic(fmt.Sprintf("expr: a node of type %T", n))
}

func (v *evaluation) pair(a, b node) (left, right Value, err error) {
	if left, err = v.eval(a); err == nil {
		right, err = v.eval(b)
	}
	return left, right, err
}

// logical returns the last operand that was evaluated: the one that decides, or
// the last of all.
func (v *evaluation) logical(n *logical) (value Value, err error) {
	for _, arg := range n.args {
		if value, err = v.eval(arg); err != nil || Truthy(value) == (n.op == "||") {
			break
		}
	}
	return value, err
}

func compareBy(op string, a, b Value) bool {
	switch op {
	case "==":
		return equal(a, b)
	case "!=":
		return !equal(a, b)
	}
	way, ok := order(a, b)
	switch op {
	case "<":
		return ok && way < 0
	case ">":
		return ok && way > 0
	case "<=":
		return ok && way < 0 || equal(a, b)
	}
	return ok && way > 0 || equal(a, b) // >=
}

// index evaluates left[key] and left.*. Behind a filter it does so for each
// item that is an array or object, and drops those that have no such member.
func (v *evaluation) index(n *index) (Value, error) {
	left, err := v.eval(n.left)
	if err != nil {
		return nil, err
	}
	var key Value
	if n.key != nil {
		if key, err = v.eval(n.key); err != nil {
			return nil, err
		}
	}
	array, isArray := left.(*Array)
	if n.key != nil && (!isArray || !array.filtered) {
		value, _ := member(left, key)
		return value, v.at(n.offset, v.read(key))
	}
	result := &Array{filtered: true}
	from := []Value{left}
	if isArray && array.filtered {
		from = array.Items
	}
	for _, item := range from {
		var found []Value
		if n.key == nil {
			found = members(item)
		} else if value, ok := member(item, key); ok {
			found = []Value{value}
		}
		if err := errors.Join(v.read(key), v.charge(itemSize*len(found))); err != nil {
			return nil, v.at(n.offset, err)
		}
		result.Items = append(result.Items, found...)
	}
	return result, nil
}

// members are the values of an array or object.
func members(v Value) []Value {
	switch v := v.(type) {
	case *Array:
		return v.Items
	case *Object:
		return v.values
	}
	return nil
}

// member returns an item of an array by number, rounded down, or of an object by
// text. Neither an array nor an object is a key.
func member(v, key Value) (Value, bool) {
	switch v := v.(type) {
	case *Array:
		if f := math.Floor(toNumber(key)); f >= 0 && f < float64(len(v.Items)) {
			return v.Items[int(f)], true
		}
	case *Object:
		if primitive(key) {
			return v.Get(Text(key))
		}
	}
	return nil, false
}
