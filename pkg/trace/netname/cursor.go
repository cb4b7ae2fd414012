package netname

// cursor reads values in network order off the front of some bytes. Once a
// value is not all there it is short, and every read gives zero.
type cursor struct {
	rest  []byte
	short bool
}

// take returns the next n bytes.
func (c *cursor) take(n int) []byte {
	if c.short || n > len(c.rest) {
		c.rest, c.short = nil, true
		return nil
	}
	out := c.rest[:n]
	c.rest = c.rest[n:]
	return out
}

// uint returns the next n bytes, at most 8, as a number.
func (c *cursor) uint(n int) uint64 {
	var v uint64
	for _, b := range c.take(n) {
		v = v<<8 | uint64(b)
	}
	return v
}

// vector returns what a length of n bytes stands before, as far as it is
// there; then the rest is short.
func (c *cursor) vector(n int) cursor { return c.part(c.uint(n)) }

// part returns the next n bytes as a cursor, as far as they are there; then
// both are short at their end.
func (c *cursor) part(n uint64) cursor {
	if n > uint64(len(c.rest)) {
		out := cursor{rest: c.rest}
		c.rest, c.short = nil, true
		return out
	}
	return cursor{rest: c.take(int(n))}
}

// varint reads a variable-length integer of QUIC (RFC 9000, section 16).
func (c *cursor) varint() uint64 {
	if c.short || len(c.rest) == 0 {
		c.short = true
		return 0
	}
	n := 1 << (c.rest[0] >> 6)
	return c.uint(n) & (1<<(8*n-2) - 1)
}
