package main

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// Unit is what a figure is a number of, as it is printed.
type Unit string

const (
	Milliseconds Unit = "ms"
	Megabytes    Unit = "MB" // 1,000,000 bytes
	Times        Unit = "x"
	Events       Unit = "events"
	Opens        Unit = "opens/s"
)

// Spread sums up the runs of one thing.
type Spread struct {
	Median, Min, Max float64
	Runs             int
	Unit             Unit
}

// spreadOf sums values up. The median of an even number is the mean of the two
// in the middle. No values have no median: all is NaN.
func spreadOf(values []float64, u Unit) Spread {
	n := len(values)
	if n == 0 {
		return Spread{math.NaN(), math.NaN(), math.NaN(), 0, u}
	}
	s := slices.Sorted(slices.Values(values))
	return Spread{Median: (s[(n-1)/2] + s[n/2]) / 2, Min: s[0], Max: s[n-1], Runs: n, Unit: u}
}

// paired applies f to the values of each pair, which ran next to each other:
// what made the machine slow for one is likely to have slowed both. The longer
// list is cut.
func paired(a, b []float64, f func(a, b float64) float64) []float64 {
	out := make([]float64, min(len(a), len(b)))
	for i := range out {
		out[i] = f(a[i], b[i])
	}
	return out
}

func difference(base, ours float64) float64 { return ours - base }

// ratio is how many times the baseline ours is.
func ratio(base, ours float64) float64 { return ours / base }

// rate is the rate of ours as a part of the baseline's, given both times.
func rate(base, ours float64) float64 { return base / ours }

func (s Spread) String() string {
	if s.Runs == 0 {
		return "-"
	}
	digits := 1
	if s.Unit == Times {
		digits = 2
	}
	f := func(v float64) string { return fmt.Sprintf("%.*f", digits, v) }
	if s.Runs == 1 {
		return f(s.Median) + " " + string(s.Unit)
	}
	return fmt.Sprintf("%s %s (%s to %s)", f(s.Median), s.Unit, f(s.Min), f(s.Max))
}

// MarshalJSON writes null where there is nothing: JSON has no NaN.
func (s Spread) MarshalJSON() ([]byte, error) {
	if s.Runs == 0 {
		return []byte("null"), nil
	}
	return json.Marshal(map[string]any{
		"median": s.Median, "min": s.Min, "max": s.Max, "runs": s.Runs, "unit": s.Unit,
	})
}

// Goal is a limit for a median; the zero value is none.
type Goal struct {
	Most, Least float64 // whichever is not 0
}

// met judges a median: "" where there is no goal, and "no" for NaN.
func (g Goal) met(s Spread) string {
	ok := g.Most != 0 && s.Median <= g.Most || g.Least != 0 && s.Median >= g.Least
	switch {
	case g == Goal{}:
		return ""
	case ok:
		return "yes"
	}
	return "no"
}

func (g Goal) text(u Unit) string {
	switch {
	case g.Most != 0:
		return fmt.Sprintf("at most %g %s", g.Most, u)
	case g.Least != 0:
		return fmt.Sprintf("at least %g %s", g.Least, u)
	}
	return ""
}
