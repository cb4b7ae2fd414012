package main

import (
	"encoding/json"
	"testing"
)

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   string
	}{
		{nil, "-"},
		{[]float64{3}, "3.0 ms"},
		{[]float64{9, 1, 2}, "2.0 ms (1.0 to 9.0)"},
		{[]float64{9, 1, 2, 4}, "3.0 ms (1.0 to 9.0)"},
	} {
		if got := spreadOf(c.values, Milliseconds).String(); got != c.want {
			t.Errorf("spread of %v: %q, want %q", c.values, got, c.want)
		}
	}
}

func TestSpreadKeepsItsInput(t *testing.T) {
	values := []float64{3, 1, 2}
	spreadOf(values, Times)
	if values[0] != 3 || values[1] != 1 || values[2] != 2 {
		t.Errorf("the values were put in another order, which loses the pairs: %v", values)
	}
}

func TestPaired(t *testing.T) {
	base, ours := []float64{10, 20, 100}, []float64{11, 22, 50, 7}
	for name, c := range map[string]struct {
		f    func(a, b float64) float64
		want float64
	}{
		"difference": {difference, 1}, // of 1, 2, -50
		"ratio":      {ratio, 1.1},    // of 1.1, 1.1, 0.5
		"rate":       {rate, 10.0 / 11},
	} {
		if got := spreadOf(paired(base, ours, c.f), Times); got.Runs != 3 || got.Median != c.want {
			t.Errorf("%s: %+v, want the median %v of 3 pairs", name, got, c.want)
		}
	}
}

func TestGoal(t *testing.T) {
	at := func(v float64) Spread { return spreadOf([]float64{v}, Times) }
	for _, c := range []struct {
		goal Goal
		s    Spread
		want string
	}{
		{Goal{}, at(1), ""},
		{Goal{Most: 50}, at(50), "yes"},
		{Goal{Most: 50}, at(50.1), "no"},
		{Goal{Least: 0.8}, at(0.8), "yes"},
		{Goal{Least: 0.8}, at(0.79), "no"},
		{Goal{Most: 50}, spreadOf(nil, Times), "no"},
		{Goal{Least: 50}, spreadOf(nil, Times), "no"},
	} {
		if got := c.goal.met(c.s); got != c.want {
			t.Errorf("%+v of %v: %q, want %q", c.goal, c.s, got, c.want)
		}
	}
}

func TestEmptySpreadIsJSON(t *testing.T) {
	got, err := json.Marshal(Row{What: "x", Compare: spreadOf(nil, Times)})
	if err != nil {
		t.Fatalf("a row without a figure does not encode: %v", err)
	}
	var back struct{ Compare any }
	if err := json.Unmarshal(got, &back); err != nil || back.Compare != nil {
		t.Errorf("%s: %v, %v", got, back.Compare, err)
	}
}
