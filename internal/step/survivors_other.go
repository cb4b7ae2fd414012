//go:build !linux

package step

// family: only Linux can tell what a command left behind; elsewhere a process
// whose parent has died is init's, and nothing says whose it was.
type family struct{}

func newFamily() *family                                         { return &family{} }
func (*family) close()                                           {}
func (*family) leaveOut(int)                                     {}
func (*family) reap(*child, placement)                           {}
func descendants(int) []int                                      { return nil }
func (*family) survivors(*child, placement) ([]Survivor, string) { return nil, "" }

func survivorLimits() []string {
	return []string{"processes that the command left running are not known on this system"}
}
