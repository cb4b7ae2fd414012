package rules

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"
	"github.com/zricethezav/gitleaks/v8/config"
)

// Bounds on a user's file. Gitleaks' own file has 170 kB and 222 rules.
const (
	maxFile       = 1 << 20 // bytes
	maxRules      = 2000    // with Gitleaks' own
	maxExpression = 20_000  // instructions of one expression, about, and runes in its classes
	maxAll        = 1 << 20 // the same of all expressions
)

// Set is a compiled set of rules. It is immutable and safe for concurrent use. What only scanning needs is made by the
// first [Set.Find].
type Set struct {
	rules  []*rule
	global []*allowList
	engine func() (*engine, error)
}

// Info is what is known of a rule without a text.
type Info struct {
	ID          string // as in the configuration
	Description string
	Tier        Tier
	PathScoped  bool // Gitleaks would apply it to some paths only: see [Set.LowersTier]
}

// rule is one rule as it was configured. Without an expression it is about paths alone and finds nothing.
type rule struct {
	Info
	expr     *lazyRegexp // nil: about paths alone
	group    int         // the one that holds the secret; 0: the first that is not empty
	entropy  float64     // a secret has more than this
	keywords []string    // in lower case; one of them is in the text, unless there are none
	path     *lazyRegexp // of a rule for some paths only
	allow    []*allowList
}

// generic is what Gitleaks calls generic: such a rule gives way to others that see the same secret.
func (r *rule) generic() bool { return strings.Contains(strings.ToLower(r.ID), "generic") }

// lazyRegexp is an expression that is compiled when it is needed. It was parsed before, so compiling cannot fail.
type lazyRegexp struct {
	text    string // empty if it is made out of a part of another
	compile func() *regexp.Regexp
}

func newLazyRegexp(text string) *lazyRegexp {
	return &lazyRegexp{text, sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })}
}

// Load returns Gitleaks' default rules, together with those of a user's file in Gitleaks' format (TOML; nil: none).
//
// A user's rule takes the place of the default rule with its ID. With "useDefault = true" in [extend] it is merged
// with that rule instead, field by field as Gitleaks does; with "useDefault = false" there are no default rules.
// "disabledRules" drops default rules, and IDs that it does not know mean nothing, as with Gitleaks. The user's allow
// lists apply to all rules, or to their targetRules. Files and URLs to extend, and rules that require others, are
// refused. Rules with skipReport are left out. An error names the rule, or the list.
func Load(user []byte) (*Set, error) {
	defaults, err := decode([]byte(config.DefaultConfig), true)
	if err != nil {
		return nil, fmt.Errorf("read Gitleaks' default rules: %w", err)
	}
	if user == nil {
		return newSet(defaults.rules, defaults.global)
	}
	set, err := defaults.with(user)
	if err != nil {
		return nil, fmt.Errorf("read the rules: %w", err)
	}
	return set, nil
}

// with returns a user's rules put together with the default ones.
func (f *file) with(user []byte) (*Set, error) {
	own, err := decodeUser(user)
	if err != nil {
		return nil, err
	}
	set, err := merge(f, own)
	if err != nil {
		return nil, err
	}
	_, err = set.engine() // of the default rules alone it is known to work
	return set, err
}

func newSet(rules []*rule, global []*allowList) (*Set, error) {
	if len(rules) > maxRules {
		return nil, fmt.Errorf("%d rules, and the limit is %d", len(rules), maxRules)
	}
	s := &Set{rules: rules, global: global}
	s.engine = sync.OnceValues(func() (*engine, error) { return newEngine(rules) })
	return s, nil
}

// file is a configuration file, decoded.
type file struct {
	rules    []*rule
	global   []*allowList
	targeted map[string][]*allowList // by the ID of the rule that they are for
	disabled []string
	defaults *bool // useDefault, where it is said
	trusted  bool
	low      []string // rules of the low tier
	cost     int      // of the expressions, as in complexity
}

func decodeUser(text []byte) (*file, error) {
	if len(text) > maxFile {
		return nil, fmt.Errorf("%d bytes, and the limit is %d", len(text), maxFile)
	}
	f, err := decode(text, false)
	if err != nil {
		return nil, err
	}
	// Whether useDefault is false or left out, Gitleaks' own type does not tell.
	var said struct{ Extend struct{ UseDefault *bool } }
	if err := toml.Unmarshal(text, &said); err != nil {
		return nil, err
	}
	f.defaults = said.Extend.UseDefault
	return f, nil
}

// decode reads a file in Gitleaks' format. It uses Gitleaks' type and leaves aside its code, which compiles every
// expression, panics on a bad one, and reads through a global viper. The expressions of a trusted file, Gitleaks' own, are
// good: they are not read before they are needed.
func decode(text []byte, trusted bool) (*file, error) {
	var vc config.ViperConfig
	if err := toml.NewDecoder(bytes.NewReader(text)).Decode(&vc); err != nil {
		return nil, fmt.Errorf("read TOML: %w", err)
	}
	if vc.Extend.Path != "" || vc.Extend.URL != "" {
		return nil, errors.New("[extend] names a file or a URL, which is not supported")
	}
	f := &file{trusted: trusted, low: lowRules(), targeted: map[string][]*allowList{}, disabled: vc.Extend.DisabledRules}
	if len(vc.Rules) > maxRules {
		return nil, fmt.Errorf("%d rules, and the limit is %d", len(vc.Rules), maxRules)
	}
	for i := range vc.Rules {
		if err := f.addRule(&vc, i); err != nil {
			return nil, fmt.Errorf("rule %d (%q): %w", i+1, vc.Rules[i].ID, err)
		}
	}
	lists := vc.Allowlists
	//lint:ignore SA1019 Gitleaks' own file has the older form
	if old := vc.AllowList; old != nil {
		lists = append(lists, old)
	}
	for i, l := range lists {
		list, err := f.newAllowList(allowSpec{l.Condition, l.RegexTarget, l.Commits, l.Paths, l.Regexes, l.StopWords})
		switch {
		case err != nil:
			return nil, fmt.Errorf("[[allowlists]] %d (%q): %w", i+1, l.Description, err)
		case len(l.TargetRules) == 0:
			f.global = append(f.global, list)
		}
		for _, id := range l.TargetRules {
			f.targeted[id] = append(f.targeted[id], list)
		}
	}
	return f, nil
}

// addRule adds the rule at index i of what was decoded (its type has no name).
func (f *file) addRule(vc *config.ViperConfig, i int) error {
	v := &vc.Rules[i]
	if strings.TrimSpace(v.ID) == "" {
		return errors.New("it has no id")
	}
	if len(v.Required) > 0 {
		return errors.New("it requires other rules, which is not supported")
	}
	r := &rule{Info: Info{v.ID, v.Description, tier(v.ID, f.low), v.Path != ""}, group: v.SecretGroup, entropy: v.Entropy}
	for _, k := range v.Keywords {
		if k != "" {
			r.keywords = append(r.keywords, strings.ToLower(k))
		}
	}
	var err error
	if v.Regex != "" {
		if r.expr, err = f.expression(v.Regex); err != nil {
			return fmt.Errorf("regex: %w", err)
		}
	}
	if v.Path != "" {
		if r.path, err = f.expression(v.Path); err != nil {
			return fmt.Errorf("path: %w", err)
		}
	}
	lists := v.Allowlists
	if v.AllowList != nil {
		lists = append(lists, v.AllowList)
	}
	for j, l := range lists {
		list, err := f.newAllowList(allowSpec{l.Condition, l.RegexTarget, l.Commits, l.Paths, l.Regexes, l.StopWords})
		if err != nil {
			return fmt.Errorf("allowlist %d: %w", j+1, err)
		}
		r.allow = append(r.allow, list)
	}
	if !v.SkipReport {
		f.rules = append(f.rules, r)
	}
	return nil
}

// expression checks an expression: its syntax, and what compiling it would take.
func (f *file) expression(text string) (*lazyRegexp, error) {
	if f.trusted {
		return newLazyRegexp(text), nil
	}
	re, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	n := complexity(re)
	if n > maxExpression {
		return nil, fmt.Errorf("too complex: its repeats and classes come to %d, and the limit is %d", n, maxExpression)
	}
	if f.cost += n; f.cost > maxAll {
		return nil, fmt.Errorf("too complex together with those before it: %d, and the limit is %d", f.cost, maxAll)
	}
	return newLazyRegexp(text), nil
}

// complexity is about how many instructions an expression compiles to, with its repeats unrolled, and how many ranges
// its classes have.
func complexity(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		n = add(n, complexity(sub))
	}
	if re.Op == syntax.OpRepeat {
		return times(n, max(re.Min, re.Max, 1))
	}
	return n
}

// merge puts a user's rules together with the default ones, as [Load] says.
func merge(defaults, own *file) (*Set, error) {
	for i, r := range own.rules {
		if slices.ContainsFunc(own.rules[:i], func(o *rule) bool { return o.ID == r.ID }) {
			return nil, fmt.Errorf("rule %q: there are two of it", r.ID)
		}
	}
	extend := own.defaults != nil && *own.defaults
	rules, global := own.rules, own.global
	if own.defaults == nil || extend {
		global = append(slices.Clone(global), defaults.global...)
		rules = nil
		for _, base := range defaults.rules {
			if !slices.Contains(own.disabled, base.ID) {
				rules = append(rules, base)
			}
		}
		for _, r := range own.rules {
			at := slices.IndexFunc(rules, func(base *rule) bool { return base.ID == r.ID })
			switch {
			case at < 0:
				rules = append(rules, r)
			case extend:
				rules[at] = rules[at].extended(r)
			default:
				rules[at] = r
			}
		}
	}
	for id, lists := range own.targeted {
		at := slices.IndexFunc(rules, func(r *rule) bool { return r.ID == id })
		if at < 0 {
			return nil, fmt.Errorf("[[allowlists]] targets rule %q, which does not exist", id)
		}
		targeted := *rules[at]
		targeted.allow = append(slices.Clone(targeted.allow), lists...)
		rules[at] = &targeted
	}
	for _, r := range rules {
		if err := r.valid(); err != nil {
			return nil, fmt.Errorf("rule %q: %w", r.ID, err)
		}
	}
	return newSet(rules, global)
}

// extended returns the rule with what another says of it.
func (r *rule) extended(by *rule) *rule {
	e := *r
	if by.Description != "" {
		e.Description = by.Description
	}
	if by.entropy != 0 {
		e.entropy = by.entropy
	}
	if by.group != 0 {
		e.group = by.group
	}
	if by.expr != nil {
		e.expr = by.expr
	}
	if by.path != nil {
		e.path, e.PathScoped = by.path, true
	}
	e.keywords = append(slices.Clone(e.keywords), by.keywords...)
	e.allow = append(slices.Clone(e.allow), by.allow...)
	return &e
}

// valid reports what makes a rule useless or contradictory.
func (r *rule) valid() error {
	if r.expr == nil {
		if r.path == nil {
			return errors.New("it has neither a regex nor a path, and finds nothing")
		}
		return nil
	}
	re, err := syntax.Parse(r.expr.text, syntax.Perl)
	if err != nil {
		return fmt.Errorf("regex: %w", err)
	}
	if n := re.MaxCap(); r.group < 0 || r.group > n {
		return fmt.Errorf("secretGroup is %d, and the regex has %d groups", r.group, n)
	}
	return nil
}
