package netname_test

import (
	"fmt"
	"net/netip"

	"github.com/org/cilock-action/pkg/trace/netname"
)

// The question of a DNS query, as it went over the wire.
func ExampleReader_Take() {
	query := "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03org\x00\x00\x01\x00\x01"
	r := netname.NewReader(netname.Limits{})
	for _, m := range r.Take(netname.Piece{
		Flow: netname.Flow{Protocol: netname.UDP, Remote: netip.MustParseAddrPort("192.0.2.53:53")}, PID: 10, Data: []byte(query),
	}) {
		fmt.Println(m.PID, m.Op, m.Names)
	}
	// Output: 10 query [example.org]
}
