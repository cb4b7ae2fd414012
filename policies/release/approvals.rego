# METADATA
# title: Enough people approved exactly this commit
# description: >-
#   params.min_approvals people (2 if it is not set) approved the head of the pull request. Bots, strangers, and who
#   wrote or committed the change do not count, nor does an approval of another commit.
# custom:
#   type: review
#   required: true
#   severity: high
#   attack: >-
#     The author approves their own change by a second account, commits are added after the approval, or a bot
#     approves.
#   fix: >-
#     Have the head reviewed again. On the server, dismiss stale approvals and require approval of the most recent
#     push.
package release.approvals

import rego.v1

default needed := 2

needed := data.cilock.params.min_approvals

deny contains msg if {
	not sensible(needed)
	msg := sprintf("params.min_approvals is %v, it must be a number from 1 on", [needed])
}

sensible(n) if {
	is_number(n)
	n >= 1
}

insiders := {"OWNER", "MEMBER", "COLLABORATOR"}

involved := {lower(name) | some name in [input.author, input.committer, input.pullrequest.author]; name != ""}

approvers := {name |
	some a in input.approvals
	name := lower(a.login)
	name != ""
	a.commit == input.pullrequest.head
	a.association in insiders
	not a.bot
	not name in involved
}

enough if {
	sensible(needed)
	count(approvers) >= needed
}

deny contains msg if {
	not enough
	msg := sprintf("%d people approved %s of pull request %d, %v are needed", [count(approvers), input.pullrequest.head, input.pullrequest.number, needed])
}

# The approvals are of the head. What is built is it, or the commit that merged it.
deny contains msg if {
	not input.commit in {input.pullrequest.head, object.get(input.pullrequest, "mergecommit", "")}
	msg := sprintf("the job is of %s, neither the head of pull request %d nor the commit that merged it", [input.commit, input.pullrequest.number])
}
