package decode

// base58Values is the alphabet of Bitcoin's base58: no 0, O, I, l.
var base58Values = valuesOf("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", "")

// maxBase58 is the longest run that is read as base58, in characters: its cost grows with the square.
const maxBase58 = 256

// base58 reads a run as one number in base 58. A run is a number as a whole, so nothing can be glued to it.
func (j *job) base58(r run, at span) {
	if r.any&isMark != 0 || r.any&(isUpper|isLower|isDigit) != isUpper|isLower|isDigit || r.size() > maxBase58 {
		return
	}
	var buf [maxBase58]byte // the number, least significant byte first
	n := 0
	for _, c := range j.text[at.start:at.end] {
		carry := uint32(base58Values[c])
		if carry == none {
			return
		}
		for i := range n {
			carry += uint32(buf[i]) * 58
			buf[i] = byte(carry)
			carry >>= 8
		}
		for ; carry > 0; carry >>= 8 {
			buf[n] = byte(carry)
			n++
		}
	}
	j.b.work += len(buf)
	data := make([]byte, n)
	for i := range n {
		data[n-1-i] = buf[i]
	}
	if textual(data) {
		j.give(Child{Decoder: "base58", Data: data, Start: at.start, End: at.end})
	}
}
