package sarif

import (
	"fmt"
	"slices"
)

// What GitHub's code scanning takes of one run: so many results, of which it
// shows the worst 5,000, and 10 MB when compressed. A file that is no larger
// before that is no larger after it.
const (
	MaxResults = 25_000
	maxSize    = 10 << 20
)

// cut keeps the worst results, at most that many, and says how many there were.
func (r Run) cut(most, all int) Run {
	if all <= most {
		return r
	}
	r.Results = slices.Clone(r.Results)
	slices.SortStableFunc(r.Results, func(a, b Result) int { return rank(a.Level) - rank(b.Level) })
	r.Results = r.Results[:most]
	said := Notification{Warning, Text{fmt.Sprintf("%d of %d results are not in this file, the mildest ones: code scanning takes at most %d, and 10 MB", all-most, all, MaxResults)}}
	r.Invocations = slices.Clone(r.Invocations)
	for i := range r.Invocations {
		r.Invocations[i].Notifications = append(slices.Clip(r.Invocations[i].Notifications), said)
	}
	return r
}

// rank orders levels, the worst first.
func rank(level string) int { return slices.Index([]string{Error, Warning, Note}, level) }
