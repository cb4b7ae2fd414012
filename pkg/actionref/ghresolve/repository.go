package ghresolve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// repository is a place for what is known of one, by the name it was asked for.
type repository struct {
	mu     sync.Mutex
	state  *state
	loaded time.Time
}

// state is what the servers say of a repository. It is not changed once
// loaded, but for the parts below the locks.
type state struct {
	name    string // as asked, in lower case
	source  string // where git finds it: another name if it was renamed
	renamed string
	listing listing
	listErr error
	info    info
	infoErr error // also when the API does not show the repository

	mu     sync.Mutex
	judged map[string]*judging

	fetching   sync.Mutex
	historyDir string
	historyErr error
}

func (st *state) judging(sha string) *judging {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.judged[sha] == nil {
		st.judged[sha] = new(judging)
	}
	return st.judged[sha]
}

// load returns what is known of a repository, from memory, from disk or from
// the servers. What failed is kept as well, so that it is not tried for every
// reference, unless it was ctx that ended.
func (r *Resolver) load(ctx context.Context, name string, b *budget) *state {
	r.mu.Lock()
	if r.repos[name] == nil {
		r.repos[name] = new(repository)
	}
	repo := r.repos[name]
	r.mu.Unlock()

	repo.mu.Lock()
	defer repo.mu.Unlock()
	now := r.o.Now()
	if repo.state != nil && fresh(repo.loaded, now, refsTTL) {
		return repo.state
	}
	st := &state{name: name, source: name, judged: map[string]*judging{}}
	var wg sync.WaitGroup
	wg.Go(func() { st.info, st.infoErr = r.loadInfo(ctx, name, b) })
	source, l, cached := r.cache.listing(name, now)
	if cached {
		st.source, st.listing = source, l
	} else {
		st.listing, st.listErr = r.list(ctx, name)
	}
	wg.Wait()
	if st.listErr != nil && redirected(st.listErr) {
		r.follow(ctx, st)
	}
	if !cached && st.listErr == nil {
		key := r.cache.key("refs", name, "")
		r.cache.put(key, keptListing{key, now.UTC().Round(0), st.source, st.listing})
	}
	st.settle()
	if ctx.Err() == nil || st.listErr == nil && st.infoErr == nil {
		repo.state, repo.loaded = st, now
	}
	return st
}

// settle compares the names that the repository has.
func (st *state) settle() {
	if st.source != st.name {
		st.renamed = st.source
	}
	if st.infoErr == nil && st.info.FullName != st.name {
		st.renamed = st.info.FullName
	}
}

// loadInfo asks REST about a repository unless the answer on disk holds. An
// older answer is confirmed by its ETag.
func (r *Resolver) loadInfo(ctx context.Context, name string, b *budget) (info, error) {
	key := r.cache.key("info", name, "")
	var kept keptInfo
	ok := r.cache.get(key, &kept) && kept.Key == key && repositoryName(kept.Info.FullName) == kept.Info.FullName &&
		kept.Info.FullName != ""
	if !ok {
		kept = keptInfo{}
	}
	if ok && fresh(kept.Asked, r.o.Now(), infoTTL) {
		return kept.Info, nil
	}
	i, etag, err := r.rest.info(ctx, b, name, kept.ETag)
	switch {
	case errors.Is(err, errNotModified) && kept.ETag != "":
		i, etag = kept.Info, kept.ETag
	case err != nil:
		return info{}, err
	}
	if !plain(etag) || len(etag) > 256 {
		etag = ""
	}
	r.cache.put(key, keptInfo{key, r.o.Now().UTC().Round(0), etag, i})
	return i, nil
}

// redirected reports whether git refused to follow a redirect.
func redirected(err error) bool {
	var failed *gitError
	if !errors.As(err, &failed) {
		return false
	}
	for _, status := range []string{"301", "302", "303", "307", "308"} {
		if strings.HasSuffix(failed.Text, "returned error: "+status) {
			return true
		}
	}
	return false
}

// follow lists a renamed repository under its new name, which REST knows or
// the git server tells.
func (r *Resolver) follow(ctx context.Context, st *state) {
	target := st.info.FullName
	if st.infoErr != nil || target == st.name {
		target = r.redirectTarget(ctx, st.name)
	}
	if target == "" || target == st.name {
		return
	}
	st.renamed, st.source = target, target
	st.listing, st.listErr = r.list(ctx, target)
}

// redirectTarget asks the git server, without the token, where it sends
// clients of a repository. It returns nothing unless that is a repository of
// the same server.
func (r *Resolver) redirectTarget(ctx context.Context, name string) string {
	const suffix = ".git/info/refs"
	within, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	address := r.server.String() + "/" + name + suffix + "?service=git-upload-pack"
	req, err := http.NewRequestWithContext(within, http.MethodGet, address, http.NoBody)
	if err != nil {
		return ""
	}
	r.git.count.Add(1)
	resp, err := r.o.Transport.RoundTrip(req)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	u, err := resp.Location()
	if err != nil || u.Scheme != r.server.Scheme || u.Host != r.server.Host {
		return ""
	}
	path, ok := strings.CutPrefix(u.Path, r.server.Path+"/")
	if !ok {
		return ""
	}
	path, ok = strings.CutSuffix(path, "/info/refs")
	if !ok {
		return ""
	}
	return repositoryName(strings.TrimSuffix(path, ".git"))
}

// whyNotListed explains a list of refs that is not there.
func (st *state) whyNotListed() string {
	var failed *gitError
	if errors.As(st.listErr, &failed) {
		for _, sign := range []string{"not found", "could not read Username", "Authentication failed", "returned error: 403"} {
			if strings.Contains(failed.Text, sign) {
				return fmt.Sprintf("%s is not visible to us: it is private, or it does not exist", st.source)
			}
		}
		if redirected(st.listErr) {
			return fmt.Sprintf("the server redirects %s, and not to a repository that could be read", st.source)
		}
	}
	return st.listErr.Error()
}
