package netname

import "fmt"

// maxName is the length of a name in a message (RFC 1035, section 3.1).
const maxName = 255

// readName reads the name at off of a message, following pointers (RFC 1035,
// section 4.1.4), and returns where it ends in place. A pointer must lead to
// before the labels that it ends, so every chain of them ends.
func readName(msg []byte, off int) (name string, next int, ok bool) {
	var text []byte
	wire, start := 1, off
	for {
		if off >= len(msg) {
			return "", 0, false
		}
		n := int(msg[off])
		switch {
		case n == 0:
			if next == 0 {
				next = off + 1
			}
			if len(text) == 0 {
				return ".", next, true
			}
			return string(text[:len(text)-1]), next, true
		case n >= 0xC0:
			if off+1 >= len(msg) {
				return "", 0, false
			}
			if next == 0 {
				next = off + 2
			}
			if off = (n&0x3F)<<8 | int(msg[off+1]); off >= start {
				return "", 0, false
			}
			start = off
		case n >= 0x40 || off+1+n > len(msg):
			return "", 0, false
		default:
			if wire += 1 + n; wire > maxName {
				return "", 0, false
			}
			text = append(appendHost(text, msg[off+1:off+1+n], true), '.')
			off += 1 + n
		}
	}
}

// appendHost appends a name, or one label of it, in lower case and with what
// is not printable ASCII as in a master file (RFC 1035, section 5.1): \DDD.
// A dot inside a label is \. there.
func appendHost(text, name []byte, label bool) []byte {
	for _, b := range name {
		switch {
		case b >= 'A' && b <= 'Z':
			text = append(text, b|0x20)
		case b == '\\' || b == '.' && label:
			text = append(text, '\\', b)
		case b <= ' ' || b > '~':
			text = fmt.Appendf(text, "\\%03d", b)
		default:
			text = append(text, b)
		}
	}
	return text
}
