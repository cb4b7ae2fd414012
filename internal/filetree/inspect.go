package filetree

import "io"

// Inspect is asked about each file whose content is about to be hashed, by its
// recorded path, its size and its first bytes (up to 128 KiB). What it returns gets the content as
// it is hashed, so that what it finds is about the very bytes of the digest;
// nil means that it does not want them. It is called by several workers at once.
type Inspect func(path string, size int64, head []byte) Inspection

// Inspection gets all the content of one file in order; what Write returns is
// not looked at. Result is called at most once, after the whole content, and
// becomes the file's Found if the file stood still. Abandon is called instead
// where the content could not be read to its end.
type Inspection interface {
	io.Writer
	Result() any
	Abandon()
}

// Inspect sets who is asked in the scans to come. A file whose digest is reused
// keeps what was found when it was read.
func (s *Scanner) Inspect(f Inspect) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inspect = f
}
