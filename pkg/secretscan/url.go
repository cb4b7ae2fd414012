package secretscan

import "bytes"

// maxAuthority bounds, in bytes, how far behind "://" the "@" of a credential is looked for, and so what a stream may
// have to hold back. The longest tokens that are used as user names (JWT) have about 3,000.
const maxAuthority = 8192

// openers come before an authority; the second is how some JSON writers put the first.
var openers = [][]byte{[]byte("://"), []byte(`:\/\/`)}

// authorityEnd are the bytes at which an authority ends (RFC 3986, 3.2), and those that cannot stand in a URL and
// usually end one. Backslash and single quote do stand in real proxy user names and passwords.
var authorityEnd = func() (set [256]bool) {
	for c := range 0x21 {
		set[c] = true
	}
	for _, c := range []byte("/?#\"`<>\x7f") {
		set[c] = true
	}
	return set
}()

// nextURL returns the first event at or after from: the credentials of a URL (what is between "://" and the last "@"
// of the authority), or the place from which more text is needed to decide. keep, if not nil, is asked whether
// credentials are fine as they are. Each byte is looked at a bounded number of times.
func nextURL(b []byte, from int, final bool, keep func(userinfo []byte) bool) event {
	floor := from // an authority that starts before it was dealt with
	for at := from; ; {
		i := bytes.IndexByte(b[at:], '@')
		if i < 0 {
			break
		}
		at += i
		start, ok := authorityStart(b, max(floor, at-maxAuthority+1), at)
		if !ok {
			at++
			floor = at
			continue
		}
		end, decided := authorityLimit(b, start, at)
		if !decided && !final {
			return event{at: start}
		}
		last := start + bytes.LastIndexByte(b[start:end], '@')
		if last > start && !harmless(b[start:last], b[last+1:end]) && (keep == nil || !keep(b[start:last])) {
			return event{at: start, end: last, mark: markURL}
		}
		at, floor = end, end
	}
	if !final {
		// Text that ends within an authority may still get its "@".
		if start, ok := authorityStart(b, max(floor, len(b)-maxAuthority+1), len(b)); ok {
			return event{at: start}
		}
	}
	return event{at: len(b)}
}

// authorityStart walks back from at to where its authority starts, not below floor.
func authorityStart(b []byte, floor, at int) (int, bool) {
	start := at
	for start > floor && !authorityEnd[b[start-1]] {
		start--
	}
	for _, o := range openers {
		if bytes.HasSuffix(b[:start], o) {
			return start, true
		}
	}
	return 0, false
}

// authorityLimit walks forward to the end of the authority; decided is false if b ends before it does.
func authorityLimit(b []byte, start, at int) (end int, decided bool) {
	limit := min(start+maxAuthority, len(b))
	for end = at; end < limit; end++ {
		if authorityEnd[b[end]] {
			return end, true
		}
	}
	return end, limit == start+maxAuthority
}

// harmless reports what looks like user@host and is no credential: the user of git over SSH (ssh://git@host), and an
// image name with its digest (docker://alpine@sha256:...), also one that was cut short. A host may be called sha256,
// so what can be a port (at most five decimal digits) is no digest.
func harmless(userinfo, host []byte) bool {
	if string(userinfo) == "git" {
		return true
	}
	name, digest, found := bytes.Cut(host, []byte(":"))
	if !found || len(digest) == 0 || !bytes.HasPrefix(name, []byte("sha")) || bytes.IndexByte(userinfo, '@') >= 0 {
		return false
	}
	port := len(digest) <= 5
	for _, c := range digest {
		switch {
		case '0' <= c && c <= '9':
		case 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
			port = false
		default:
			return false
		}
	}
	return !port
}

// openerTail returns how many bytes at the end of b begin an opener: what has to be remembered to recognise it.
func openerTail(b []byte) int {
	best := 0
	for _, o := range openers {
		for n := min(len(o), len(b)); n > best; n-- {
			if bytes.HasSuffix(b, o[:n]) {
				best = n
			}
		}
	}
	return best
}
