// Package actionref reads the action references of GitHub workflows and
// actions the way the runner does, says whether each is pinned, and pins it in
// place. It is pure: bytes in, values out, no network and no files.
//
// [Parse] judges one reference, [Find] returns every reference of a file with
// its position, [Pin] edits the bytes at those positions.
//
// Facts about the runner are from actions/runner v2.336.0 (ActionManager,
// ActionManifestManager, the legacy converter of workflow steps) and from
// GitHub's documentation, "Workflow syntax" and "Metadata syntax".
package actionref
