package policy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
)

// testSuffix is that of a module's tests: pins_test.rego tests pins.rego.
const testSuffix = "_test.rego"

// testTime is how long one test may take.
const testTime = 10 * time.Second

// TestResult is what became of one test of a module.
type TestResult struct {
	Module string
	Name   string
	Passed bool
	Err    string // why it could not be run, or that it failed
}

// Test runs the tests among files, by their paths. Each file of tests sees the
// module that it is named for and no other, as that module will be evaluated.
func Test(ctx context.Context, files map[string][]byte) (results []TestResult, err error) {
	p := newPatience()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasSuffix(name, testSuffix) {
			continue
		}
		tested := strings.TrimSuffix(name, testSuffix) + ".rego"
		text, ok := files[tested]
		if !ok {
			return results, fmt.Errorf("%s: there is no %s to test", name, path.Base(tested))
		}
		one, err := testModule(ctx, p, tested, text, name, files[name])
		if err != nil {
			return results, fmt.Errorf("%s: %w", name, err)
		}
		results = append(results, one...)
	}
	if len(results) == 0 {
		return nil, errors.New("there are no tests: they are rules test_NAME in files called NAME_test.rego")
	}
	return results, nil
}

func testModule(ctx context.Context, p *patience, name string, text []byte, testName string, testText []byte) ([]TestResult, error) {
	m, err := ParseModule(name, text)
	if err != nil {
		return nil, err
	}
	tests, err := ast.ParseModuleWithOpts(testName, string(testText), ast.ParserOptions{RegoVersion: m.version, Capabilities: capabilities()})
	if err != nil {
		return nil, fmt.Errorf("parse tests: %w", plainError(err))
	}
	store := inmem.New()
	txn, err := store.NewTransaction(ctx, storage.TransactionParams{Write: true})
	if err != nil {
		return nil, err
	}
	defer store.Abort(ctx, txn)
	runner := tester.NewRunner().SetStore(store).SetTimeout(testTime).SetDefaultRegoVersion(m.version).
		SetCompiler(ast.NewCompiler().WithCapabilities(capabilities()).WithDefaultRegoVersion(m.version)).
		SetModules(map[string]*ast.Module{name: m.bare(), testName: tests})
	var answers chan *tester.Result
	err = p.within(func() (err error) {
		answers, err = runner.RunTests(ctx, txn)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("compile tests: %w", plainError(err))
	}
	var results []TestResult
	for a := range answers {
		r := TestResult{Module: name, Name: a.Name, Passed: a.Pass() && !a.Skip}
		switch {
		case a.Error != nil:
			r.Err = plainError(a.Error).Error()
		case a.Skip:
			r.Err = "skipped: todo_ in a test's name hides it"
		case a.Fail:
			r.Err = "failed"
		}
		results = append(results, r)
	}
	if len(results) == 0 {
		return nil, errors.New("it has no test: tests are rules called test_NAME")
	}
	return results, nil
}
