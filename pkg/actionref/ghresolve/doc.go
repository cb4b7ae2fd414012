// Package ghresolve says of action references which commit they name, and
// whether that commit belongs to the repository it claims to come from.
//
// A commit belongs to a repository if one of its branches reaches it. That it
// exists there proves nothing: forks share their objects with their parent, so
// anybody can push a commit to a fork and have the parent's name in front of
// it. For the same reason "git fetch COMMIT" succeeds for such an impostor, and
// so does "git cat-file -e" in a partial clone, which fetches what is missing.
// What proves is the history of refs/heads and refs/tags alone.
//
// The questions are asked cheapest first: the deny-list, answers kept on disk,
// one ls-remote for each repository, one comparison with the default branch
// over REST, and last a fetch of commits without trees in which git looks which
// refs contain the commit. Git decides everything when REST is not there.
//
// Every server is treated as hostile. What cannot be decided within the bounds
// below is undetermined, with the reason, and never clean.
package ghresolve

import "time"

// Bounds of everything that a server decides. Those that are a matter of taste
// are in [Options].
const (
	maxListing     = 64 << 20  // bytes of one ls-remote; 100,000 pull requests need 7 MB
	maxREST        = 8 << 20   // bytes of one REST answer; a comparison holds up to 300 patches
	maxRepository  = 1 << 30   // bytes that one fetch may add to the cache
	maxGitOutput   = 256 << 20 // bytes that a command given to Git may print
	maxComplaints  = 8 << 10   // bytes of git's stderr that are looked at
	maxEntry       = 64 << 20  // bytes of one cache entry
	maxErrorText   = 300       // bytes of a server's message that an error quotes
	maxHops        = 2         // redirects of a renamed repository that are followed
	maxRetries     = 2         // waits for a rate limit, for one request
	maxDenied      = 100_000   // lines of a deny-list
	maxFailures    = 3         // requests in a row that a server may leave unanswered
	waitAfterKill  = 2 * time.Second
	sizeCheckEvery = 200 * time.Millisecond
)

// How long answers hold that can change. The refs of a repository may be moved
// at any time; a rerun within minutes shall cost nothing. Names and the
// archived flag change rarely, and asking again costs no quota (ETag).
const (
	refsTTL = 5 * time.Minute
	infoTTL = time.Hour
)
