package attest

// OneOf trusts whoever one of its members trusts. Which of them hold is in each
// Signer's Trusts, as positions in the list.
type OneOf []Trust

func (list OneOf) prove(b *Bundle, message []byte, c claim) (s Signer, held []Check, err error) {
	var first error
	for i, trust := range list {
		one, checks, wrong := trust.prove(b, message, c)
		switch {
		case wrong != nil && first == nil:
			first = wrong
		case wrong != nil:
		case s.Trusts == nil:
			s, held = one, checks
			s.Trusts = []int{i}
		default:
			s.Trusts = append(s.Trusts, i)
		}
	}
	switch {
	case s.Trusts != nil:
		return s, held, nil
	case len(list) == 1:
		return s, nil, first
	}
	found := "one by nobody of them"
	if b.KeyHint != "" {
		found = "one that names key " + quote(b.KeyHint)
	}
	if c.certificate != nil {
		found = "one with a certificate of somebody else"
		if first != nil {
			found += ": " + first.Error()
		}
	}
	return s, nil, &CheckError{"signature", "envelope", "a signature by one of those who are trusted", found}
}
