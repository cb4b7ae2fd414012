package rules

// sign is a byte that every match has early, such as the equals sign of an assignment: it is one of at, no more than within
// bytes of before come first. It is asked before the rest of a gate, as it tells most places of a name from an assignment.
type sign struct {
	at, before byteSet
	within     int
}

// maxSign is how far from the start a sign may be, in bytes.
const maxSign = 128

// newSign returns the sign of some parts that the fewest bytes are; nil if none is near.
func newSign(parts []gatePart) *sign {
	var best *sign
	var before byteSet
	within := 0
	for i := range parts {
		if parts[i].kind == endOfText || parts[i].kind == anything {
			break
		}
		if at, always := firstOf(parts[i : i+1]); always && (best == nil || at.size() < best.at.size()) {
			best = &sign{at, before, within}
		}
		if within = add(within, longestOf(parts[i:i+1], &before)); within > maxSign {
			break
		}
	}
	return best
}

// in reports whether text begins as every match does.
func (s *sign) in(text []byte) bool {
	for _, c := range text[:min(len(text), s.within+1)] {
		if s.at[c] {
			return true
		}
		if !s.before[c] {
			return false
		}
	}
	return false
}

// firstOf returns the bytes that what the parts match begins with. Always says that it is not empty.
func firstOf(parts []gatePart) (set byteSet, always bool) {
	for _, p := range parts {
		switch p.kind {
		case bytesOf:
			set.union(p.class)
			if p.low > 0 {
				return set, true
			}
		case oneOf:
			all := true
			for _, branch := range p.branches {
				first, always := firstOf(branch)
				set.union(&first)
				all = all && always
			}
			if all {
				return set, true
			}
		default:
			return set, false
		}
	}
	return set, false
}

// longestOf returns how many bytes the parts match at most, and adds all of these to set.
func longestOf(parts []gatePart, set *byteSet) (longest int) {
	for _, p := range parts {
		switch p.kind {
		case bytesOf:
			set.union(p.class)
			longest = add(longest, p.high)
		case oneOf:
			most := 0
			for _, branch := range p.branches {
				most = max(most, longestOf(branch, set))
			}
			longest = add(longest, most)
		case anything:
			return unbounded
		}
	}
	return longest
}

func (set *byteSet) union(other *byteSet) {
	for b, in := range other {
		set[b] = set[b] || in
	}
}

func (set *byteSet) size() (n int) {
	for _, in := range set {
		if in {
			n++
		}
	}
	return n
}
