//go:build linux || darwin

package frozen

import (
	"errors"
	"os"
	"syscall"
)

// defaultPath is searched when the step's environment has no PATH at all: what
// glibc's execvp does (confstr _CS_PATH), the current directory left out.
const defaultPath = "/bin:/usr/bin"

// execute becomes the command, or returns the code a POSIX shell would exit
// with and why. going is called when the file is known, before each exec.
func execute(args, env []string, going func()) (int, error) {
	path, err := find(args[0], env)
	if err != nil {
		return exitCode(err), err
	}
	going()
	err = syscall.Exec(path, args, env)
	if errors.Is(err, syscall.ENOEXEC) && isText(path) {
		// As a shell and execvp do with a script that has no #! line.
		file := path
		if file[0] == '-' {
			file = "./" + file // sh would read it as an option
		}
		sh := append([]string{"/bin/sh", file}, args[1:]...)
		err = syscall.Exec(sh[0], sh, env)
	}
	if isDir(path) { // the kernel says EACCES, which misleads
		err = syscall.EISDIR
	}
	return exitCode(err), &lookupError{args[0], err}
}

type lookupError struct {
	name string
	err  error
}

func (e *lookupError) Error() string { return "exec " + e.name + ": " + e.err.Error() }
func (e *lookupError) Unwrap() error { return e.err }

// exitCode is 127 if there is no such file, and 126 if there is one that cannot
// be executed. A missing interpreter is a missing file (bash 5, dash).
func exitCode(err error) int {
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENOTDIR) {
		return ExitNotFound
	}
	return ExitNotExecutable
}

// find resolves a command name in the PATH of the step, not in ours. A name
// with a slash is used as it is. An empty element of PATH is the working
// directory. Directories are not commands. A file that may not be executed is
// passed over, but remembered if nothing better follows.
func find(name string, env []string) (string, error) {
	if indexByte(name, '/') >= 0 {
		return name, nil
	}
	refused := error(syscall.ENOENT)
	if name != "" {
		for _, dir := range splitByte(pathOf(env), ':') {
			if dir == "" {
				dir = "."
			}
			path := dir + "/" + name
			err := executable(path)
			if err == nil {
				return path, nil
			}
			if errors.Is(err, syscall.EACCES) {
				refused = err
			}
		}
	}
	return "", &lookupError{name, refused}
}

// pathOf is the PATH in env. Of duplicates the first counts, as in getenv(3).
func pathOf(env []string) string {
	for _, kv := range env {
		if v, ok := cutPrefix(kv, "PATH="); ok {
			return v
		}
	}
	return defaultPath
}

func executable(path string) error {
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		return err
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return syscall.ENOENT
	}
	const xOK = 1
	return syscall.Access(path, xOK)
}

func isDir(path string) bool {
	var st syscall.Stat_t
	return syscall.Stat(path, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFDIR
}

// isText reports whether a file without a known format may be a script: as in
// bash, its first line (of the first 128 bytes) has no NUL. A program for
// another machine must not be fed to the shell.
func isText(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return true // executable and unreadable: sh says so better than we can
	}
	defer f.Close()
	head := make([]byte, 128)
	n, _ := f.Read(head)
	line, _, _ := cutByte(string(head[:n]), '\n')
	return indexByte(line, 0) < 0
}
