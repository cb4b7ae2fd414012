package rules

// Rules returns what is known of each rule: Gitleaks' in the order of its file, then the user's.
func (s *Set) Rules() []Info {
	all := make([]Info, len(s.rules))
	for i, r := range s.rules {
		all[i] = r.Info
	}
	return all
}

// Info returns what is known of the rule that a [Match] names.
func (s *Set) Info(rule int) Info { return s.rules[rule].Info }
