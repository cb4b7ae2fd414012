package ghresolve

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// cache keeps answers in files: one for each repository's refs, one for its
// name and state, one for each commit that was judged. A file is replaced as a
// whole by a rename, so that processes may share the folder, and carries a
// digest of itself, so that a damaged one is as good as none. The digest is no
// protection against somebody who may write to the folder.
type cache struct {
	dir    string
	server string // part of every key: two servers have two repositories of one name
}

// entryHeader begins every entry; the digest of the body and a line feed follow.
const entryHeader = "ghresolve-1 "

// keptListing, keptInfo, keptCommit and keptFile are the bodies of entries.
// Key repeats what the entry is about.
type keptListing struct {
	Key   string    `json:"key"`
	Asked time.Time `json:"asked"`
	// Source is the repository that was listed: another one after a rename.
	Source  string  `json:"source"`
	Listing listing `json:"listing"`
}

type keptInfo struct {
	Key   string    `json:"key"`
	Asked time.Time `json:"asked"`
	ETag  string    `json:"etag"`
	Info  info      `json:"info"`
}

type keptCommit struct {
	Key    string    `json:"key"`
	Asked  time.Time `json:"asked"`
	Judged judgement `json:"judged"`
}

type keptFile struct {
	Key  string `json:"key"`
	Name string `json:"name"` // empty: none of the names exists
	Data []byte `json:"data"`
}

// key says what an entry is about: its kind, the servers, the repository and
// what is asked of it.
func (c cache) key(kind, repository, what string) string {
	return kind + "\n" + c.server + "\n" + repository + "\n" + what
}

func (c cache) file(key string) string {
	sum := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(sum[:])
	return filepath.Join(c.dir, name[:2], name[2:])
}

// get reads an entry into body, which is a pointer. Anything wrong with the
// entry makes it absent.
func (c cache) get(key string, body any) bool {
	f, err := os.Open(c.file(key))
	if err != nil {
		return false
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxEntry+1))
	return err == nil && len(data) <= maxEntry && decodeEntry(data, body) == nil
}

// put writes an entry. That it cannot is no failure of the answer: the next
// run asks again.
func (c cache) put(key string, body any) {
	data, err := encodeEntry(body)
	if err != nil || len(data) > maxEntry {
		return
	}
	name := c.file(key)
	if os.MkdirAll(filepath.Dir(name), 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(name), "new-") // mode 0600
	if err != nil {
		return
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
}

func encodeEntry(body any) ([]byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode cache entry: %w", err)
	}
	return sealed(text), nil
}

// sealed puts the header and the digest in front of a body.
func sealed(text []byte) []byte {
	return fmt.Appendf(nil, "%s%x\n%s", entryHeader, sha256.Sum256(text), text)
}

// decodeEntry accepts exactly what encodeEntry writes.
func decodeEntry(data []byte, body any) error {
	const headerLen = len(entryHeader) + 2*sha256.Size + 1
	if len(data) < headerLen {
		return errors.New("cache entry is cut off")
	}
	text := data[headerLen:]
	if !bytes.Equal(data, sealed(text)) {
		return errors.New("cache entry does not have its digest")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(body); err != nil {
		return fmt.Errorf("decode cache entry: %w", err)
	}
	again, err := json.Marshal(body)
	if err != nil || !bytes.Equal(again, text) {
		return errors.New("cache entry is not as we write it")
	}
	return nil
}

// fresh reports whether something asked at a time still holds: not too long
// ago, and not in the future, which a clock set back would make last.
func fresh(asked, now time.Time, ttl time.Duration) bool {
	age := now.Sub(asked)
	return age >= 0 && age < ttl
}

// listing returns the refs of a repository if they were asked just now.
func (c cache) listing(repository string, now time.Time) (source string, l listing, ok bool) {
	var kept keptListing
	key := c.key("refs", repository, "")
	if !c.get(key, &kept) || kept.Key != key || !fresh(kept.Asked, now, refsTTL) ||
		repositoryName(kept.Source) != kept.Source || !kept.Listing.valid() {
		return "", listing{}, false
	}
	return kept.Source, kept.Listing, true
}

func (l listing) valid() bool {
	for name, sha := range l.Heads {
		if !plain(name) || !isSHA(sha) {
			return false
		}
	}
	for name, t := range l.Tags {
		if !plain(name) || !isSHA(t.Object) || !isSHA(t.Commit) {
			return false
		}
	}
	_, ok := l.Heads[l.Default]
	return ok && l.Tags != nil
}

// commit returns what was found about a commit. That it belongs to the
// repository is kept for ever; that it does not, only as long as the refs are.
func (c cache) commit(repository, sha string, now time.Time) (judgement, bool) {
	var kept keptCommit
	key := c.key("commit", repository, sha)
	if !c.get(key, &kept) || kept.Key != key || !isSHA(kept.Judged.SHA) {
		return judgement{}, false
	}
	switch kept.Judged.Verdict {
	case ReachableDefault, ReachableRef, TagOnly:
		return kept.Judged, kept.Judged.SHA == sha
	case TagObject, Unreachable, Missing:
		return kept.Judged, fresh(kept.Asked, now, refsTTL)
	}
	return judgement{}, false
}
