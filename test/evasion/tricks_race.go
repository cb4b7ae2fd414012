package main

import "github.com/org/cilock-action/pkg/trace"

// raceTricks change what a name or a descriptor means while a call runs. What
// was reported is compared with what was opened.
func raceTricks() []Trick {
	race := func(name, does string, g Grades, slack Slack) Trick {
		lost := "the race is lost at the tracer's pace"
		return Trick{
			Name: name, Does: does, Slow: true,
			Wants: []Want{{
				What: "each file that was opened, and no other", Is: kind(trace.Open), Truth: true, Slack: slack, Grades: g,
			}},
			Changed: map[string]string{"ptrace": lost, "ebpf": lost},
		}
	}
	return []Trick{
		race("symlink_swap", "a symbolic link that another thread points now here, now there", all(Object), Slack{}),
		race("chdir_race", "a relative name while another thread changes the folder", all(Object), Slack{}),
		race("toctou", "another thread flips a letter of the name while open reads it", all(Object), Slack{}),
		race("fd_race", "another thread replaces the descriptor before open has returned", Grades{Object, Object, Object}, Slack{Exit: 2, Ptrace: 20}),
	}
}
