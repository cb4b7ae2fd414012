package action

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/sink"
)

// recordedText returns the one-to-one UTF-8 form of text that may hold any
// bytes, so that a path and a variable's value are written alike.
func recordedText(s string) string { return filetree.RecordedName(s) }

func shorten(s string, max int) string { return sink.Shorten(s, max) }

func oneLine(s string, max int) string { return sink.OneLine(s, max) }

// readRegular returns the contents of a regular file of at most max bytes. A
// FIFO or device under that name is refused without waiting for its writer.
func readRegular(path string, max int64) ([]byte, error) { return filetree.ReadRegular(path, max) }

// readInput is readRegular for a file that the caller named: its error says what
// to do.
func readInput(path string, max int64) ([]byte, error) {
	data, err := readRegular(path, max)
	return data, Advised(err)
}

// Advised adds to an error about a path of the caller's what to do about it.
func Advised(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: give the path of one that is there, from the current folder", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: let this user read it", err)
	}
	return err
}
