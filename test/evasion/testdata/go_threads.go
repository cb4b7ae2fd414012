//go:build ignore

// The Go runtime's way: goroutines on many threads, os.Root, a child by
// clone(CLONE_VM|CLONE_VFORK) with a pidfd, and an exec from a thread that is
// not the first.
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// The main goroutine stays on the first thread, so that others are not on it.
func init() { runtime.LockOSThread() }

func main() {
	if len(os.Args) > 1 && os.Args[1] == "inner" {
		read(os.Open("secret"))
		return
	}
	check(os.WriteFile("facts", fmt.Appendf(nil, "pid=%d\nprogram=%s\n", os.Getpid(), must(os.Executable())), 0o666))
	root, err := os.OpenRoot(".")
	check(err)
	read(root.Open("secret"))
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() { read(os.Open("secret")) })
	}
	all.Wait()
	check(exec.Command("/proc/self/exe", "inner").Run())
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if syscall.Gettid() == os.Getpid() {
			check(fmt.Errorf("this is the first thread"))
		}
		check(syscall.Exec(must(os.Executable()), []string{"go_threads", "inner"}, nil))
	}()
	<-done
}

func must(text string, err error) string {
	check(err)
	return text
}

// read proves that f is the secret.
func read(f *os.File, err error) {
	check(err)
	defer f.Close()
	text, err := io.ReadAll(f)
	check(err)
	if string(text) != "the secret\n" {
		fmt.Fprintf(os.Stderr, "failed: read %q\n", text)
		os.Exit(1)
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "failed:", err)
		os.Exit(1)
	}
}
