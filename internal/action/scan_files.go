package action

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/pkg/secretscan"
)

const (
	maxScanFiles   = 1_000_000 // of one folder
	maxScanWorkers = 4         // each has up to some 100 MB in hand
	scanListBatch  = 1024
	// maxSizeless is how much is read of a file that has no size, as those of /proc, in bytes.
	maxSizeless = 16 << 20
)

// A scanJob is a file to scan.
type scanJob struct {
	name string
	open func() (*os.File, error)
}

// scanWorkers scan what comes through jobs, until wait.
func scanWorkers(ctx context.Context, s *secretscan.Scanner) (jobs chan<- scanJob, wait func()) {
	queue := make(chan scanJob)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), maxScanWorkers) {
		workers.Go(func() {
			for j := range queue {
				scanFile(ctx, j, s)
			}
		})
	}
	return queue, func() { close(queue); workers.Wait() }
}

// scanFile scans a file as long as it was when it was opened: one that grows has no end.
func scanFile(ctx context.Context, j scanJob, s *secretscan.Scanner) {
	name := scanName(j.name)
	f, err := j.open()
	if err != nil {
		s.Gap(name, "not scanned: "+scanReason(err))
		return
	}
	defer f.Close()
	size, sizeless := int64(maxSizeless), true
	if info, err := f.Stat(); err == nil && info.Size() > 0 {
		size, sizeless = info.Size(), false
	}
	in := &io.LimitedReader{R: f, N: size}
	if err := s.Scan(ctx, name, in); err != nil {
		return // a gap already
	}
	if in.N > 0 && !sizeless {
		s.Gap(name, "shorter than when it was opened: the rest was not scanned")
	} else if n, _ := f.Read(make([]byte, 1)); n > 0 {
		s.Gap(name, "longer than when it was opened: the rest was not scanned")
	}
}

// scanFolder hands on the regular files below dir, .git and all: what is uploaded is uploaded whole, and checkout's token
// is in .git/config. It leaves dir by no symlink, and follows none that it lists; a symlink is no file of the folder, which
// a note says, nor is a pipe or a device. That there is no file at all is a gap: a name was mistyped, or a build made nothing.
func scanFolder(ctx context.Context, dir string, s *secretscan.Scanner, jobs chan<- scanJob) (notes []string) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		s.Gap(scanName(dir), "not scanned: "+scanReason(err))
		return nil
	}
	open := sync.WaitGroup{} // jobs that still need root
	files, links, special := 0, 0, 0
	for stack := []string{"."}; len(stack) > 0 && ctx.Err() == nil; {
		folder := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		err := listFolder(root, folder, func(entry fs.DirEntry) {
			path := filepath.Join(folder, entry.Name())
			switch {
			case entry.IsDir():
				stack = append(stack, path)
			case entry.Type()&fs.ModeSymlink != 0:
				links++
			case !entry.Type().IsRegular():
				special++
			case files == maxScanFiles:
				s.Gap(scanName(dir), "files beyond the first million are not scanned")
			default:
				files++
				open.Add(1)
				jobs <- scanJob{name: filepath.Join(dir, path), open: func() (*os.File, error) {
					defer open.Done()
					return filetree.OpenRegularIn(root, path)
				}}
			}
		})
		if err != nil {
			s.Gap(scanName(filepath.Join(dir, folder)), "not listed whole: "+scanReason(err))
		}
	}
	switch {
	case ctx.Err() != nil:
		s.Gap(scanName(dir), "not scanned whole: it was cancelled")
	case files == 0:
		s.Gap(scanName(dir), "no file was scanned: there is none in it")
	}
	if links+special > 0 {
		notes = append(notes, fmt.Sprintf("%s: not scanned, since they are no files: %d symlinks, %d pipes, sockets and devices", scanName(dir), links, special))
	}
	open.Wait()
	root.Close()
	return notes
}

// listFolder calls each for what is in a folder, a batch at a time.
func listFolder(root *os.Root, folder string, each func(entry fs.DirEntry)) error {
	f, err := filetree.OpenFolder(root, folder)
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		entries, err := f.ReadDir(scanListBatch)
		for _, entry := range entries {
			each(entry)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// scanName is how findings name a file.
func scanName(path string) string { return filetree.RecordedName(path) }

// scanReason is an error without the path, which stands before it.
func scanReason(err error) string {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err.Error()
	}
	return err.Error()
}
