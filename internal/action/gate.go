package action

// Decision is what the gate says before anything runs. A denied step is never
// started, and its evidence says so.
type Decision struct {
	Denied string // the reason, or empty
}

// Gate judges the plan. The policy modules that concern a plan (references,
// lock files) are judged here; without a policy engine nothing denies, and a
// policy that was asked for has been refused as misuse.
func Gate(Plan) Decision { return Decision{} }
