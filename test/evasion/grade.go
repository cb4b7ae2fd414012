package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/org/cilock-action/pkg/trace"
)

// Seen is how well one Want was seen.
type Seen struct {
	Want  Want
	Grade Grade
	Note  string // figures of a race
}

// grade looks for w among the messages of a trace.
func grade(w Want, messages []trace.Message, s *scene) Seen {
	if w.Truth {
		return gradeRace(w, messages, s)
	}
	need := max(w.Times, 1)
	var count [Object + 1]int
	for _, m := range messages {
		count[gradeOne(w, m, s)] += max(m.Count+1, 1)
	}
	for g, n := Object, 0; g > Missed; g-- {
		if n += count[g]; n >= need {
			return Seen{Want: w, Grade: g}
		}
	}
	seen := Seen{Want: w}
	if n := count[Object] + count[Said] + count[Call]; n > 0 {
		seen.Note = fmt.Sprintf("%d of %d", n, need)
	}
	return seen
}

// gradeOne is what one message says of w.
func gradeOne(w Want, m trace.Message, s *scene) Grade {
	switch {
	case w.Is(m, s):
		return gradeOf(m)
	case w.Said != nil && w.Said(m, s) && m.Marks&trace.StringOnly != 0:
		return Said
	case called(w.Calls...)(m, s):
		return Call
	}
	return Missed
}

// gradeOf is how good a message is that is the event itself.
func gradeOf(m trace.Message) Grade {
	switch {
	case m.Kind == trace.Syscall:
		return Call
	case m.Marks&trace.StringOnly != 0:
		return Said
	}
	return Object
}

// gradeRace compares what a race opened with what was reported. Of the messages
// only those of reading count: the trick made the files without opening them.
func gradeRace(w Want, messages []trace.Message, s *scene) Seen {
	truth := map[string]bool{}
	for _, name := range s.truth {
		truth[s.path(name)] = false
	}
	good, wrong := Object, 0
	admitted := map[string]bool{} // reported as another file, and marked contested
	for _, m := range messages {
		if m.Kind != trace.Open || m.Errno != 0 {
			continue
		}
		if _, real := truth[s.path(m.Name)]; real && m.Path != s.path(m.Name) && m.Marks&trace.Contested != 0 {
			admitted[s.path(m.Name)] = true
		}
		if _, real := truth[m.Path]; real {
			truth[m.Path] = true
			good = min(good, gradeOf(m))
		} else if isRaceFile(m.Path, s) {
			wrong++ // says that a file was opened which was not
		}
	}
	right, contested := 0, 0
	for name, seen := range truth {
		if seen {
			right++
		} else if admitted[name] {
			contested++
		}
	}
	missing := len(truth) - right - contested
	out := Seen{Want: w, Grade: good, Note: fmt.Sprintf("%d opened, %d not reported, %d contested, %d reported that were not opened",
		len(truth), missing, contested, wrong)}
	if lost := max(missing, wrong); right == 0 || lost*1000 > len(truth)*w.Slack.of(s.variant) {
		out.Grade = Missed
		if right > len(truth)/2 {
			out.Grade = min(good, Said)
		}
	}
	return out
}

// isRaceFile reports whether a path is one of the numbered files of race.h.
func isRaceFile(path string, s *scene) bool {
	name, below := strings.CutPrefix(path, s.dir+"/")
	dash := strings.LastIndexByte(name, '-')
	return below && dash > 0 && slices.Contains([]string{"a", "b", "a/f", "b/f"}, name[:dash])
}
