// Package dockercli asks the docker client itself what it understands by the
// command lines of internal/runner/docker: the real program, of its own source,
// speaks to an engine that only writes down what it is sent. It is a module of
// its own: the client brings some seventy modules.
//
// Another client than the one that is built, such as an older one, is tested
// with go test -client PATH.
package dockercli
