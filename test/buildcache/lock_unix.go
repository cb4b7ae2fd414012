//go:build unix

package buildcache

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lockPoll is how often a lock that another holds is tried: the kernel has no
// wait for it that can be given up.
const lockPoll = 100 * time.Millisecond

// lock waits until no other process holds the lock file, or ctx ends. The
// kernel drops the lock when its holder dies, so there is no stale one.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock a build: %w", err)
	}
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EINTR) && !errors.Is(err, syscall.EWOULDBLOCK) {
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("wait for the build of another: %w", ctx.Err())
		}
	}
	f.Close()
	return nil, fmt.Errorf("lock a build: %w", err)
}
