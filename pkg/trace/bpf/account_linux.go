//go:build amd64 || arm64

package bpf

import (
	"fmt"
	"slices"

	"github.com/org/cilock-action/pkg/trace"
)

// counters is struct count of src/shared.h.
type counters struct{ Attempted, Sent, Deduplicated, Lost uint64 }

// odd is an enum odd of src/shared.h.
type odd uint32

const (
	oddNotFound odd = iota
	oddUnmarked
	oddUnlisted
	oddCut
	oddNoFile
	oddUnreadable
	oddOutside
)

// counts reads the kernel's counters of each class, summed over the CPUs.
func (s *sensor) counts() ([classes]counters, error) {
	var sums [classes]counters
	for c := range classes {
		var each []counters
		if err := s.base.maps[procMapCounts].Lookup(uint32(c), &each); err != nil {
			return sums, fmt.Errorf("read the counters of class %s: %w", c, err)
		}
		for _, e := range each {
			sums[c].Attempted += e.Attempted
			sums[c].Sent += e.Sent
			sums[c].Deduplicated += e.Deduplicated
			sums[c].Lost += e.Lost
		}
	}
	return sums, nil
}

func (s *sensor) odd(which odd) uint64 {
	var each []uint64
	var sum uint64
	if s.base.maps[procMapOdds].Lookup(uint32(which), &each) == nil {
		for _, n := range each {
			sum += n
		}
	}
	return sum
}

// balanced reports whether everything that the kernel sent was received.
func (s *sensor) balanced(counts [classes]counters) bool {
	for c, k := range counts {
		if k.Sent != s.received[c].Load()+s.repeated[c].Load() || k.Attempted != k.Sent+k.Deduplicated+k.Lost {
			return false
		}
	}
	return true
}

// account sums up. The programs are detached, and their counters still there.
func (s *sensor) account() trace.Account {
	var a trace.Account
	gap := func(n uint64, format string) {
		if n != 0 {
			a.Gaps = append(a.Gaps, fmt.Sprintf(format, n))
		}
	}
	counts, err := s.counts()
	if err != nil {
		a.Gaps = append(a.Gaps, err.Error())
	}
	for c, k := range counts {
		a.Classes = append(a.Classes, trace.Class{
			Name: class(c).String(), Attempted: k.Attempted, Lost: k.Lost,
			Received: s.received[c].Load(), Deduplicated: k.Deduplicated + s.repeated[c].Load(),
		})
	}
	a.NotFound = s.odd(oddNotFound)
	gap(s.odd(oddUnmarked), "%d tasks could not be marked: they and what they started were not seen")
	gap(s.odd(oddUnlisted), "%d processes could not be listed: their destinations were not seen")
	gap(s.odd(oddNoFile), "%d descriptors were closed by another thread before they were looked at")
	gap(s.odd(oddUnreadable), "%d strings of the program could not be read")
	gap(s.odd(oddCut), "%d names were longer than is carried, and are cut")
	gap(s.malformed.Load(), "%d records could not be understood")
	gap(s.skipped(), "%d events were skipped because a program was already running on that CPU")
	if n := s.odd(oddOutside); n != 0 {
		a.Limits = append(a.Limits, fmt.Sprintf(outsideLimit, n))
	}
	if s.decoder.rings.Load() {
		gap(skips(s.opens), "%d opens were skipped, which may have been of io_uring, because the program was interrupted on that CPU")
	}
	a.Survivors = s.survivors()
	return a
}

// skipped counts the events at which the kernel did not run our programs. Opens
// are not among them: what is skipped there is seen at sys_exit.
func (s *sensor) skipped() uint64 {
	var n uint64
	for _, p := range s.parts {
		if p != s.opens {
			n += skips(p)
		}
	}
	return n
}

func skips(p *part) uint64 {
	if p == nil {
		return 0
	}
	var n uint64
	for _, prog := range p.coll.Programs {
		if stats, err := prog.Stats(); err == nil {
			n += stats.RecursionMisses
		}
	}
	return n
}

// survivors are the members that have not ended, by the kernel's own list.
func (s *sensor) survivors() []int {
	var found []int
	var tgid uint32
	var pid int32
	for it := s.base.maps[procMapPids].Iterate(); it.Next(&tgid, &pid); {
		found = append(found, int(pid))
	}
	slices.Sort(found)
	return found
}
