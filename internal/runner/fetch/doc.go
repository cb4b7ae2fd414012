// Package fetch puts the files of one GitHub action into a private folder, laid
// out as the runner does it, so that the bytes can be checked and run:
//
//	DEST/OWNER/REPO/REF/...
//	DEST/OWNER/REPO/REF.completed
//
// It is always the whole repository at one commit, whatever the path inside it
// that a reference names. OWNER and REPO are in lower case, and so is REF if it
// is a commit.
//
// The sources, in this order: a directory that the caller names for the
// repository, and then nothing else; what the runner has downloaded; git; the
// archive that the REST API gives. Nothing here judges whether a commit belongs
// to its repository: that is for the package refs.
//
// What comes out differs a little between the sources:
//
//   - Extracted with git it is the whole tree of the commit: also the files that
//     an archive leaves out (export-ignore), and without what an archive fills in
//     (export-subst) or converts (line ends, ident). Every blob is checked
//     against its id.
//   - What the runner downloaded, and the archive, is what git-archive made of
//     it. The package treecheck explains the differences.
//   - Submodules are empty folders and files of Git LFS are pointers in each of
//     them, as on the runner.
//   - A directory that is no git repository is copied as it is, but for what is
//     named .git. Which commit it is nobody knows.
//
// All sources are hostile. Files are written below one os.Root, never through a
// symlink and never over another file. A symlink that leads out of the
// repository, a path that git would refuse, and everything beyond the limits
// are errors, and a failed fetch leaves no folder.
package fetch
