// Package action is the line: from inputs to evidence and verdict.
// Run reads top to bottom; each stage is one function in a file of its name.
package action
