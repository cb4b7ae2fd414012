package action

import "crypto/fips140"

// frozenModule is the Go Cryptographic Module that releases and action.yml are
// built with: the value of GOFIPS140.
const frozenModule = "v1.0.0"

// fipsCheck tells the FIPS 140-3 mode of this process and the version of its
// cryptographic module. A plain `go build` has the mode, but the code of the Go
// release, which is no frozen version and so never the one that was validated.
func fipsCheck() Check {
	version := fips140.Version()
	c := Check{Name: "fips"}
	switch {
	case !fips140.Enabled():
		c.Found = "FIPS 140-3 mode is off, module " + version
		c.Cost = "keys and algorithms that FIPS 140-3 does not approve may be used"
		c.Fix = "take fips140=off out of GODEBUG"
	case version == "latest":
		c.State, c.Found = StateOK, fipsMode()+", frozen module: no, the code of the Go release (build with GOFIPS140="+frozenModule+" for one)"
	default:
		c.State, c.Found = StateOK, fipsMode()+", frozen module: "+version
	}
	return c
}

// fipsMode is what GODEBUG calls it, of a process in which it is on.
func fipsMode() string {
	if fips140.Enforced() {
		return "FIPS 140-3 mode is only: what is not approved is refused"
	}
	return "FIPS 140-3 mode is on"
}
