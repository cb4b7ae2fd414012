// Package browser opens the report in a real Chromium, headless, and does what a
// reader does: search, choose, walk the tree by keys, save the evidence. It speaks
// the DevTools protocol over a pair of pipes, so it needs nothing but the browser.
package browser
