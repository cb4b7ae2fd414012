// Package filetree records what files a directory holds, and what a step made
// of them: it walks, hashes and compares.
//
// The tree is hostile. A process of the step, or one that it left behind, may
// change anything at any moment. Three rules follow from that:
//
//   - Every directory is opened through one os.Root, so no path leads outside,
//     whatever is swapped for a symlink while we walk. A file is opened by its
//     last name alone, relative to its open directory and without following a
//     symlink (elsewhere than on Unix: through the os.Root as well). What is
//     opened must then be the very inode that the listing named; anything else
//     is recorded as changed. So a symlink is never followed, not even one
//     that stays inside: its target text is the record, and the target, if it
//     is inside, has an entry of its own.
//   - Nothing is read that could block: only regular files are opened, without
//     waiting, and never for more bytes than they had when opened.
//   - What could not be recorded is named, with the reason. A digest is only
//     recorded when the file stood still while it was computed.
//
// Mount points are walked like directories.
package filetree
