package policy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/util"
)

// Bounds of an answer.
const (
	maxDenials = 200
	maxMessage = 2 << 10 // bytes of one denial
)

// An evaluator answers the checks of a batch one after another. It keeps what
// several of them need.
type evaluator struct {
	batch    *Batch
	store    storage.Store
	shown    int // the document that is data.cilock now
	inputs   map[int]loaded
	valid    map[[2]int]error // of a document by a schema
	schemas  map[int]schema
	modules  map[int]*Module
	prepared map[[2]int]prepared // by module and schema
}

type loaded struct {
	value ast.Value
	err   error
}

type prepared struct {
	query    rego.PreparedEvalQuery
	compiled *ast.Module
	err      error
}

func newEvaluator(b *Batch) *evaluator {
	return &evaluator{
		batch: b, shown: None,
		store:  inmem.NewFromObjectWithOpts(map[string]any{"cilock": map[string]any{}}, inmem.OptRoundTripOnWrite(false)),
		inputs: map[int]loaded{}, valid: map[[2]int]error{}, schemas: map[int]schema{},
		modules: map[int]*Module{}, prepared: map[[2]int]prepared{},
	}
}

// load decodes and validates what the checks look at, each document once. What
// fails is said by the checks themselves.
func (e *evaluator) load() {
	for _, c := range e.batch.Checks {
		_ = e.input(c) // kept, and said by the check
	}
}

// check answers one check. Its error is in the answer.
func (e *evaluator) check(ctx context.Context, i int) (a Answer) {
	defer func() {
		if r := recover(); r != nil { // a library that panics on hostile text is no reason to pass
			a = Answer{Err: fmt.Sprintf("the evaluation panicked: %v", r)}
		}
	}()
	c := e.batch.Checks[i]
	value, err := e.prepare(ctx, c)
	if err != nil {
		return Answer{Err: err.Error()}
	}
	limit := timeLimit(len(e.batch.Documents[c.Input]))
	ctx, cancel := context.WithTimeout(ctx, busy*limit)
	defer cancel()
	results, err := value.query.Eval(ctx, rego.EvalParsedInput(e.inputs[c.Input].value), rego.EvalTime(e.batch.Now))
	switch {
	case errors.Is(context.Cause(ctx), errMemory):
		return tooLarge()
	case ctx.Err() != nil:
		return Answer{Err: fmt.Sprintf("the module did not end within %s", limit.Round(time.Millisecond))}
	case err != nil:
		return Answer{Err: "evaluate: " + plainError(err).Error()}
	}
	return answer(results)
}

// prepare makes ready what a check needs: its module compiled against the schema,
// its input decoded and valid, its context in place.
func (e *evaluator) prepare(ctx context.Context, c Check) (p prepared, err error) {
	key := [2]int{c.Module, c.Schema}
	p, known := e.prepared[key]
	if !known {
		p = e.compile(ctx, c)
		e.prepared[key] = p
	}
	if p.err != nil {
		return p, p.err
	}
	if err := e.input(c); err != nil {
		return p, err
	}
	if err := e.required(p.compiled, c); err != nil {
		return p, err
	}
	return p, e.show(ctx, c.Context)
}

func (e *evaluator) compile(ctx context.Context, c Check) (p prepared) {
	m, known := e.modules[c.Module]
	if !known {
		source := e.batch.Modules[c.Module]
		if m, p.err = ParseModule(source.Name, source.Text); p.err != nil {
			return p
		}
		e.modules[c.Module] = m
	}
	var schema any
	if c.Schema != None {
		if p.err = util.UnmarshalJSON(e.batch.Documents[c.Schema], &schema); p.err != nil {
			return p
		}
	}
	compiler, err := m.compile(schema)
	if err != nil {
		p.err = err
		return p
	}
	p.compiled = compiler.Modules[m.Name]
	p.query, p.err = rego.New(rego.Query(m.query()), rego.Compiler(compiler), rego.Store(e.store), rego.StrictBuiltinErrors(true)).PrepareForEval(ctx)
	return p
}

// input reads a document, and validates it where there is a schema.
func (e *evaluator) input(c Check) error {
	key := [2]int{c.Input, c.Schema}
	if err, known := e.valid[key]; known {
		return err
	}
	in, known := e.inputs[c.Input]
	if !known {
		in.value, in.err = parseValue(e.batch.Documents[c.Input])
		e.inputs[c.Input] = in
	}
	var err error
	switch {
	case in.err != nil:
		err = fmt.Errorf("read the attestation: %w", in.err)
	case c.Schema != None:
		err = e.validate(c, in.value)
	}
	e.valid[key] = err
	return err
}

func (e *evaluator) validate(c Check, value ast.Value) error {
	s, known := e.schemas[c.Schema]
	if !known {
		var err error
		if s, err = compileAny(e.batch.Documents[c.Schema]); err != nil {
			return err
		}
		e.schemas[c.Schema] = s
	}
	if err := s.check(e.batch.Documents[c.Input], value); err != nil {
		return fmt.Errorf("the attestation is not as its schema says: %w", err)
	}
	return nil
}

// required refuses an input without a field that the module looks at, where the
// schema says that looking at it needs it: a rule about processes that were not
// recorded would pass.
func (e *evaluator) required(compiled *ast.Module, c Check) error {
	if c.Schema == None {
		return nil
	}
	object, ok := e.inputs[c.Input].value.(ast.Object)
	if !ok {
		return nil
	}
	for _, field := range neededFields(e.batch.Documents[c.Schema]) {
		if object.Get(ast.StringTerm(field)) == nil && reads(compiled, field) {
			return fmt.Errorf("the module looks at %s, and the attestation has none: it was not recorded, or not inlined", field)
		}
	}
	return nil
}

// show makes a document data.cilock.
func (e *evaluator) show(ctx context.Context, number int) error {
	if number == e.shown {
		return nil
	}
	value := any(map[string]any{})
	if number != None {
		if err := util.UnmarshalJSON(e.batch.Documents[number], &value); err != nil {
			return fmt.Errorf("read data.cilock: %w", err)
		}
	}
	err := storage.WriteOne(ctx, e.store, storage.ReplaceOp, storage.Path{"cilock"}, value)
	if err == nil {
		e.shown = number
	}
	return err
}

// answer reads what a query gave. Only an empty set, list or object is a pass.
func answer(results rego.ResultSet) Answer {
	if len(results) == 0 {
		return Answer{Err: "the rule deny is undefined: it can never deny"}
	}
	var a Answer
	switch v := results[0].Expressions[0].Value.(type) {
	case []any:
		for _, one := range v {
			a.deny(message(one))
		}
	case map[string]any:
		for key := range v {
			a.deny(key)
		}
		sort.Strings(a.Denials)
	case nil:
		a.Err = "the rule deny is null, neither a denial nor none"
	case bool:
		if !v {
			a.Err = "the rule deny is false, neither a denial nor none: write `deny contains message if ...`"
		} else {
			a.deny("deny is true")
		}
	default:
		a.deny(message(v))
	}
	return a
}

func (a *Answer) deny(text string) {
	if len(a.Denials) == maxDenials {
		a.More++
		return
	}
	if len(text) > maxMessage {
		text = text[:maxMessage] + "..."
	}
	a.Denials = append(a.Denials, text)
}

// message is one denial as text. Conftest's objects have a field msg.
func message(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		if text, ok := v["msg"].(string); ok {
			return text
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "a denial that has no text"
	}
	return string(bytes.TrimSpace(b.Bytes()))
}

// plainError is an error of OPA's on one line.
func plainError(err error) error {
	if e := new(topdown.Error); errors.As(err, &e) {
		return errors.New(spaces.ReplaceAllString(e.Error(), " "))
	}
	return errors.New(spaces.ReplaceAllString(err.Error(), " "))
}
