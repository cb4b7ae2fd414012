package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/verdict"
)

// Verdict is what became of one trick.
type Verdict struct {
	Trick   Trick
	Alone   ended             // untraced; zero if that was not needed
	Traced  map[string]Result // by backend; empty if it does not work untraced
	Problem string            // with the trick itself
}

// Refused reports whether this kernel refuses the trick.
func (v Verdict) Refused() bool { return v.Alone.code == refusedCode }

// Result is one trick under one backend.
type Result struct {
	Variant  string
	End      ended
	Seen     []Seen
	Better   []string // the table says less than this
	Problems []string // the sensor is not as good as the table says
	Known    []string // nor here, and that is known: see shortfalls
	Notes    []string
}

// suite is what runs the tricks.
type suite struct {
	cilock   string // empty: untraced only
	tricks   string
	work     string // a folder below which every trick gets its own
	backends []string
	keep     bool // leave traces and folders behind
}

// run runs one trick under each backend, and untraced if there is none or if it
// did not work under one: to find out whose fault that is. The error is the
// harness's own.
func (u *suite) run(ctx context.Context, t Trick) (v Verdict, err error) {
	v = Verdict{Trick: t, Traced: map[string]Result{}}
	if u.cilock != "" {
		for _, backend := range u.backends {
			r, err := u.trace(ctx, t, backend)
			if err != nil {
				return v, fmt.Errorf("%s under %s: %w", t.Name, backend, err)
			}
			v.Traced[backend] = r
		}
	}
	worked := len(v.Traced) > 0
	for _, r := range v.Traced {
		worked = worked && r.End.code == 0
	}
	if worked {
		return v, nil
	}
	s, err := newScene(u.work, u.tricks, t)
	if err != nil {
		return v, err
	}
	defer u.drop(s)
	if v.Alone, err = u.start(ctx, s, t, nil); err != nil || v.Alone.code == 0 {
		return v, err
	}
	v.Traced = nil // nothing to judge
	if !v.Refused() {
		v.Problem = fmt.Sprintf("does not work untraced: %s: %s", v.Alone.how, v.Alone.said)
	}
	return v, nil
}

// trace runs a trick under a backend, in a fresh folder.
func (u *suite) trace(ctx context.Context, t Trick, backend string) (Result, error) {
	s, err := newScene(u.work, u.tricks, t)
	if err != nil {
		return Result{}, err
	}
	defer u.drop(s)
	file := s.dir + ".trace"
	end, err := u.start(ctx, s, t, []string{u.cilock, "trace", "--backend", backend, "--out", file, "--"})
	if err != nil {
		return Result{}, err
	}
	if err := s.learn(); err != nil {
		return Result{}, err
	}
	st, err := read(file, end.ours)
	if !u.keep {
		os.Remove(file) // with the work folder, if not now
	}
	if err != nil && !t.Broken && end.how != "no end" {
		return Result{End: end, Problems: []string{err.Error()}}, nil
	}
	r := judge(t, backend, end, st, s)
	r.Known, r.Problems = excuse(backend, t.Name, r.Problems)
	return r, nil
}

// start runs the program of a trick behind prefix.
func (u *suite) start(ctx context.Context, s *scene, t Trick, prefix []string) (ended, error) {
	args := slices.Clone(prefix)
	if t.As == "nobody" {
		// The tracer stays root, and the step is somebody else.
		args = append(args, filepath.Join(u.tricks, "as_nobody"))
	}
	args = append(args, s.program(t))
	for _, arg := range t.Args {
		args = append(args, s.expand(arg))
	}
	stop, err := serve(s, t)
	if err != nil {
		return ended{}, err
	}
	defer stop()
	most := patience
	if t.Slow {
		most = patienceSlow
	}
	return start(ctx, most, s.dir, args...)
}

func (u *suite) drop(s *scene) {
	if !u.keep {
		os.RemoveAll(s.dir) // with the work folder, if not now
	}
}

// judge compares what was seen with what the table says.
func judge(t Trick, backend string, end ended, st stream, s *scene) Result {
	r := Result{Variant: variantOf(backend, st.description), End: end}
	s.variant = r.Variant
	if end.how == "no end" {
		r.Problems = append(r.Problems, "the traced run had no end")
		return r
	}
	if t.Broken {
		return judgeBroken(t, r, st, s)
	}
	if end.code == verdict.ExitIncomplete && st.account != nil && len(st.account.Gaps) > 0 {
		end.code = 0 // the step's own, and a gap beside it
	}
	if end.code != 0 {
		why, known := t.Changed[backend]
		if !known || end.code != refusedCode {
			r.Problems = append(r.Problems, fmt.Sprintf("tracing changed how it ends: %s: %s", end.how, end.said))
			return r
		}
		r.Notes = append(r.Notes, "ends otherwise than untraced ("+end.said+"): "+why)
	}
	r.Problems = append(r.Problems, st.unsound()...)
	for _, w := range t.Wants {
		seen, expected := grade(w, st.messages, s), w.Grades.of(r.Variant)
		r.Seen = append(r.Seen, seen)
		switch {
		case seen.Grade < expected && end.code != 0 && seen.Grade != Call:
			// The event did not happen as it does untraced.
		case seen.Grade < expected:
			r.Problems = append(r.Problems, fmt.Sprintf("%s: %s where %s was expected; %s", w.What, seen.Grade, expected, seen.Note))
		case seen.Grade > expected:
			r.Better = append(r.Better, fmt.Sprintf("%s: %s", w.What, seen.Grade))
		}
		if seen.Note != "" {
			r.Notes = append(r.Notes, w.What+": "+seen.Note)
		}
		if w.Limit != "" && max(seen.Grade, expected) < Object && !admits(st.limits(), w.Limit) {
			r.Problems = append(r.Problems, fmt.Sprintf("%s: no limit of the sensor speaks of %q", w.What, w.Limit))
		}
	}
	return r
}

// judgeBroken judges the trace of a step that attacked the sensor.
func judgeBroken(t Trick, r Result, st stream, s *scene) Result {
	worse := false
	for _, w := range t.Wants {
		seen := grade(w, st.messages, s)
		r.Seen = append(r.Seen, seen)
		worse = worse || seen.Grade < w.Grades.of(r.Variant)
	}
	if st.account == nil {
		r.Notes = append(r.Notes, "the trace has no end, and so claims nothing; the run ended with "+r.End.how)
	}
	if worse && st.claimsComplete() {
		r.Problems = append(r.Problems, "the sensor was disarmed and the trace claims to be complete")
	}
	return r
}

// admits reports whether a limit has one of the words in it, which are
// separated by |.
func admits(limits []string, words string) bool {
	return slices.ContainsFunc(limits, func(limit string) bool {
		return slices.ContainsFunc(strings.Split(strings.ToLower(words), "|"), func(word string) bool {
			return strings.Contains(strings.ToLower(limit), word)
		})
	})
}
